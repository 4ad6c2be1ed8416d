#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cgi-bin/guard/refused_text.h"
#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

constexpr std::array<std::string_view, 12> kRules = {"required", "email",    "tel",  "url",
                                                     "number",   "date",     "zip",  "file",
                                                     "katakana", "hiragana", "min=", "max="};

/// What owners write for a rule; "" is what needs none.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMeant = {
    {{"必須", "required"},
     {"任意", ""},
     {"メール", "email"},
     {"メールアドレス", "email"},
     {"電話", "tel"},
     {"電話番号", "tel"},
     {"数字", "number"},
     {"日付", "date"},
     {"郵便番号", "zip"},
     {"カタカナ", "katakana"},
     {"カナ", "katakana"},
     {"ひらがな", "hiragana"},
     {"ファイル", "file"},
     {"optional", ""}}};

bool is_rule_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || std::string_view("=-_,./*").find(c) != std::string_view::npos;
}

/// A last token of the label's text that was meant as a rule, but is none: "requird", "ｒｅｑｕｉｒｅｄ",
/// "必須". No time of day.
std::string meant_rule(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "";
  std::string token = text.substr(colon + 1);
  if (std::ranges::find(kMeant, token, [](const auto& meant) { return meant.first; }) != kMeant.end()) {
    return token;
  }
  const std::string narrow = folded(token);
  const bool word = !narrow.empty() && std::ranges::all_of(narrow, is_rule_character);
  return word && (narrow.front() < '0' || narrow.front() > '9') ? token : "";
}

std::string nearest_rule(const std::string& token) {
  const auto* const meant = std::ranges::find(kMeant, token, [](const auto& each) { return each.first; });
  if (meant != kMeant.end()) return std::string(meant->second);
  return std::string(nearest_name(folded(token), {kRules.begin(), kRules.end()}));
}

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
      const std::string nearest = nearest_rule(rule);
      found_.mistake(written.offset, nearest.empty() ? "rule-unknown" : "rule-misspelled",
                     {{"rule", rule}, {"field", label.field}, {"nearest", nearest}});
    }
    if (label.text.ends_with(" required") || label.text.ends_with("　required")) {
      found_.mistake(written.offset, "rule-without-colon", {{"label", label.text}});
    }
    if (label.file && field->type != "file") {
      found_.mistake(written.offset, "label-file", {{"field", label.field}});
    }
    if (!label.match.empty() && form_.find(label.match) == nullptr) {
      found_.mistake(written.offset, "match-unknown", {{"field", label.field}, {"other", label.match}});
    }
    if (label.match == label.field) {
      found_.mistake(written.offset, "match-itself", {{"field", label.field}});
    }
    if (label.min && label.max && *label.min > *label.max) {
      found_.mistake(written.offset, "min-over-max", {{"field", label.field}});
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
