#include <algorithm>
#include <array>
#include <set>

#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

constexpr std::array<std::string_view, 12> kRules = {"required", "email",    "tel",  "url",
                                                     "number",   "date",     "zip",  "file",
                                                     "katakana", "hiragana", "min=", "max="};

/// A last token of the label's text that was meant as a rule, but is none: "requird", "mail".
std::string meant_rule(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "";
  const std::string token = text.substr(colon + 1);
  const bool word = !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '=' || c == '-';
  });
  return word ? token : "";
}

class LabelCheck {
 public:
  LabelCheck(const PageForm& form, MistakeList& found)
      : form_(form), labels_(labels_of(form)), found_(found) {}

  void check() {
    check_labels_that_cannot_be_read();
    if (labels_.empty()) found_.mistake(form_.tag.begin, "labels-missing");
    for (const WrittenLabel& label : labels_) check_label(label);
    check_fields();
  }

 private:
  void check_labels_that_cannot_be_read() {
    for (const Control& control : form_.controls) {
      if (control.name == "_label_" && !parse_label(control.value)) {
        found_.mistake(control.tag.begin, "label-empty", {{"label", control.value}});
      }
    }
  }

  void check_label(const WrittenLabel& written) {
    const Label& label = written.label;
    if (!labelled_.insert(label.field).second) {
      found_.mistake(written.offset, "label-twice", {{"field", label.field}});
      return;
    }
    const Control* field = form_.find(label.field);
    if (field == nullptr) {
      tell_missing_field(written);
      return;
    }
    const std::string rule = meant_rule(label.text);
    if (!rule.empty()) {
      const std::string nearest(nearest_name(rule, {kRules.begin(), kRules.end()}));
      found_.mistake(written.offset, nearest.empty() ? "rule-unknown" : "rule-misspelled",
                     {{"rule", rule}, {"field", label.field}, {"nearest", nearest}});
    }
    if (label.file && field->type != "file") {
      found_.mistake(written.offset, "label-file", {{"field", label.field}});
    }
    if (!label.match.empty() && form_.find(label.match) == nullptr) {
      found_.mistake(written.offset, "match-unknown", {{"field", label.field}, {"other", label.match}});
    }
    if (label.min && label.max && *label.min > *label.max) {
      found_.mistake(written.offset, "min-over-max", {{"field", label.field}});
    }
  }

  void tell_missing_field(const WrittenLabel& written) {
    if (found_.is_full()) return;
    std::vector<std::string_view> names;
    for (const Control& control : form_.controls) {
      if (control.is_for_visitors() && names.size() < 100) names.push_back(control.name);
    }
    const std::string nearest(nearest_name(written.label.field, names));
    found_.mistake(written.offset, nearest.empty() ? "label-without-field" : "label-misspelled",
                   {{"field", written.label.field}, {"label", written.label.text}, {"nearest", nearest}});
  }

  void check_fields() {
    const std::string_view honeypot = form_.first_value("_honeypot_");
    std::set<std::string> told;
    for (const Control& control : form_.controls) {
      if (!control.is_for_visitors()) continue;
      if (control.name.empty()) {
        found_.mistake(control.tag.begin, "field-without-name", {{"type", control.type}});
      } else if (control.name == honeypot && labelled_.contains(control.name)) {
        if (told.insert(control.name).second) {
          found_.mistake(control.tag.begin, "honeypot-labelled", {{"field", control.name}});
        }
      } else if (control.name != honeypot && !labelled_.contains(control.name) &&
                 !control.name.starts_with('_')) {
        if (told.insert(control.name).second) {
          found_.mistake(control.tag.begin, "field-without-label", {{"field", control.name}});
        }
      }
    }
  }

  const PageForm& form_;
  const std::vector<WrittenLabel> labels_;
  MistakeList& found_;
  std::set<std::string> labelled_;
};

}  // namespace

void check_labels(const PageForm& form, const CheckedPage& /*checked*/, MistakeList& found) {
  LabelCheck(form, found).check();
}

}  // namespace formmail
