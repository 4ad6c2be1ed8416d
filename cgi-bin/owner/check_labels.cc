#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "cgi-bin/guard/refused_text.h"
#include "cgi-bin/owner/meant_rule.h"
#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

/// Whether what should be a field's name holds the label, too: other characters were written for `:`.
bool has_other_separator(std::string_view field) {
  constexpr std::array<std::string_view, 5> kOthers = {"：", ",", "，", "、", ";"};
  return std::ranges::any_of(
      kOthers, [&](std::string_view other) { return field.find(other) != std::string_view::npos; });
}

class LabelCheck {
 public:
  LabelCheck(const PageForm& form, MistakeList& found)
      : form_(form), labels_(labels_of(form)), found_(found) {}

  void check() {
    check_labels_that_cannot_be_read();
    if (labels_.empty() && !has_misspelled(form_, "_label_")) {
      found_.mistake(form_.tag.begin, "labels-missing");
    }
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
    check_rules(written);
    if (label.file && field->type != "file") {
      found_.mistake(written.offset, "label-file", {{"field", label.field}});
    }
    if (!label.match.empty() && form_.find(label.match) == nullptr) {
      found_.mistake(written.offset, "match-unknown", {{"field", label.field}, {"other", label.match}});
    }
    if (label.match == label.field) {
      found_.mistake(written.offset, "match-itself", {{"field", label.field}});
    }
    const bool empty = label.max && *label.max < std::max<std::size_t>(label.min.value_or(1), 1);
    if (empty) found_.mistake(written.offset, "min-over-max", {{"field", label.field}});
    check_length(label, *field);
  }

  /// Browsers let nobody write more than maxlength.
  void check_length(const Label& label, const Control& field) {
    const std::string_view written = field.tag.value("maxlength");
    std::size_t most = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), most);
    if (error != std::errc() || !label.min || most >= *label.min) return;
    found_.mistake(
        field.tag.begin, "min-over-maxlength",
        {{"field", label.field}, {"min", std::to_string(*label.min)}, {"most", std::to_string(most)}});
  }

  void check_rules(const WrittenLabel& written) {
    const std::optional<MeantRule> meant = meant_rule(written.label);
    if (!meant) return;
    const MistakeList::Values values = {
        {"rule", meant->written}, {"field", written.label.field}, {"nearest", meant->rule}};
    if (!meant->after_colon) {
      found_.mistake(written.offset, "rule-without-colon", values);
    } else if (meant->rule.empty()) {
      found_.hint(written.offset, "rule-unknown", values);
    } else {
      found_.mistake(written.offset, "rule-misspelled", values);
    }
  }

  void tell_missing_field(const WrittenLabel& written) {
    if (found_.is_full()) return;
    if (has_wide_quote(written.label.field)) {
      found_.mistake(written.offset, "quotes-wide",
                     {{"attribute", "value"}, {"value", written.label.written}});
      return;
    }
    if (has_other_separator(written.label.field)) {
      found_.mistake(written.offset, "label-separator", {{"label", written.label.written}});
      return;
    }
    if (form_.find(written.label.text) != nullptr) {
      found_.mistake(
          written.offset, "label-reversed",
          {{"label", written.label.written}, {"field", written.label.text}, {"text", written.label.field}});
      return;
    }
    const std::string nearest = nearest_field(written.label.field);
    found_.mistake(written.offset, nearest.empty() ? "label-without-field" : "label-misspelled",
                   {{"field", written.label.field}, {"label", written.label.text}, {"nearest", nearest}});
  }

  /// Of the fields that visitors see; "" if none is near.
  std::string nearest_field(std::string name) const {
    while (name.starts_with("　")) name.erase(0, std::string_view("　").size());
    std::vector<std::string_view> names;
    for (const Control& control : form_.controls) {
      if (!control.is_for_visitors() || names.size() == 100) continue;
      if (folded(control.name) == folded(name)) return control.name;
      names.push_back(control.name);
    }
    return std::string(nearest_name(name, names));
  }

  void check_fields() {
    const std::string_view honeypot = form_.first_value("_honeypot_");
    std::set<std::string> told;
    for (const Control& control : form_.controls) {
      if (!control.is_for_visitors() || has_wide_quote(control.name)) continue;
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
