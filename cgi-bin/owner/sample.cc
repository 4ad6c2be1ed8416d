#include "cgi-bin/owner/sample.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "cgi-bin/form/label.h"
#include "cgi-bin/owner/page_check.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

constexpr std::size_t kLongestSample = 10000;

std::string cut(const std::string& text, std::size_t characters) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < characters && length < text.size(); ++i) {
    length += mail::first_utf8_char(std::string_view(text).substr(length)).length;
  }
  return text.substr(0, length);
}

/// First bytes that a file of this kind has, so that it passes for one.
std::string_view file_head(std::string_view extension) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHeads{{{"pdf", "%PDF-1.4\n"},
                                                                                 {"jpg", "\xFF\xD8\xFF\xE0"},
                                                                                 {"jpeg", "\xFF\xD8\xFF\xE0"},
                                                                                 {"png", "\x89PNG\r\n\x1A\n"},
                                                                                 {"gif", "GIF89a"},
                                                                                 {"zip", "PK\x03\x04"}}};
  for (const auto& [name, head] : kHeads) {
    if (name == extension) return head;
  }
  return "sample\n";
}

class Sampler {
 public:
  Sampler(const PageForm& form, const Messages& samples, SampleFill fill)
      : form_(form), samples_(samples), fill_(fill) {
    for (WrittenLabel& written : labels_of(form)) {
      std::string field = written.label.field;
      labels_.emplace(std::move(field), std::move(written.label));
    }
  }

  FormData data() {
    const std::string_view honeypot = form_.first_value("_honeypot_");
    for (const Control& control : form_.controls) {
      if (control.name.empty() || control.disabled) continue;
      if (control.type == "hidden") {
        add(control.name, control.value);
      } else if (control.is_for_visitors() && control.name != honeypot) {
        fill_in(control);
      }
    }
    return std::move(data_);
  }

 private:
  const Label* label_of(const std::string& field) const {
    const auto found = labels_.find(field);
    return found == labels_.end() ? nullptr : &found->second;
  }

  void add(std::string name, std::string value) {
    FormEntry& entry = data_.emplace_back();
    entry.name = std::move(name);
    entry.value = std::move(value);
  }

  void fill_in(const Control& control) {
    const bool first = filled_.insert(control.name).second;
    if (fill_ == SampleFill::empty) {
      if (control.type != "checkbox" && control.type != "radio" && control.type != "file")
        add(control.name, "");
    } else if (control.type == "checkbox" || control.type == "radio") {
      // The first of them stands for all.
      if (first) add(control.name, control.tag.find("value") == nullptr ? "on" : control.value);
    } else if (control.type == "file") {
      add_file(control);
    } else if (control.type == "select") {
      const auto chosen = std::find_if(control.choices.rbegin(), control.choices.rend(),
                                       [](const Choice& choice) { return !choice.value.empty(); });
      add(control.name, chosen == control.choices.rend() ? "" : chosen->value);
    } else {
      add(control.name, text_for(control.name, control.type));
    }
  }

  void add_file(const Control& control) {
    const Label* label = label_of(control.name);
    const std::string extension =
        label == nullptr || label->file_types.empty() ? "txt" : label->file_types[0];
    FormEntry& entry = data_.emplace_back();
    entry.name = control.name;
    entry.file_name = samples_.text("file") + "." + extension;
    entry.file_bytes = file_head(extension);
  }

  std::string text_for(const std::string& field, const std::string& type) const {
    const Label* label = label_of(field);
    if (label == nullptr) return samples_.text("text");
    if (!label->match.empty() && label_of(label->match) != nullptr && label->match != field) {
      label = label_of(label->match);
    }
    std::string_view key = rule_of(label->pattern);
    if (key.empty()) key = type == "textarea" ? "lines" : "text";
    std::string text = samples_.text(key);
    // A text written in one line has its line breaks as \n.
    for (std::size_t at = text.find("\\n"); at != std::string::npos; at = text.find("\\n")) {
      text.replace(at, 2, "\n");
    }
    if (label->min) {
      const std::string pad = text;
      while (mail::utf8_length(text) < std::min(*label->min, kLongestSample)) text += pad;
      if (label->pattern == Pattern::number || label->pattern == Pattern::any) text = cut(text, *label->min);
    }
    return label->max ? cut(text, *label->max) : text;
  }

  const PageForm& form_;
  const Messages& samples_;
  const SampleFill fill_;
  std::unordered_map<std::string, Label> labels_;  ///< by field; the first one counts
  std::set<std::string> filled_;
  FormData data_;
};

}  // namespace

FormData sample_data(const PageForm& form, const Messages& samples, SampleFill fill) {
  return Sampler(form, samples, fill).data();
}

}  // namespace formmail
