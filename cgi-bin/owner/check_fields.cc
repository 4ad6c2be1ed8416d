#include <algorithm>
#include <array>
#include <set>

#include "cgi-bin/form/form.h"
#include "cgi-bin/owner/page_check.h"

// What keeps a single field from being sent, read or mailed as its owner means it.

namespace formmail {

namespace {

/// Fields of other form mailers, which say in the page what formmail has in the profile.
bool is_other_mailers(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {
      "recipient", "mailto",   "sendto",   "to",       "cc",         "bcc",
      "subject",   "redirect", "required", "realname", "env_report", "return_link_url"};
  return std::ranges::find(kNames, name) != kNames.end();
}

class FieldsCheck {
 public:
  FieldsCheck(const PageForm& form, MistakeList& found) : form_(form), found_(found) {
    for (const WrittenLabel& written : labels_of(form)) labelled_.insert(written.label.field);
  }

  void check() {
    check_quotes(form_.tag, found_);
    for (const Control& control : form_.controls) {
      if (check_quotes(control.tag, found_)) continue;
      if (control.type == "hidden") check_hidden(control);
      if (control.is_own()) check_own(control);
      if (control.is_for_visitors()) check_visible(control);
    }
    const Control* confirm = form_.find("_conf_enable_");
    if (confirm != nullptr && confirm->value != "0" && confirm->value != "1") {
      found_.hint(confirm->tag.begin, "confirm-value", {{"value", confirm->value}});
    }
    check_honeypot();
  }

 private:
  void check_hidden(const Control& control) {
    const std::string id(control.tag.value("id"));
    const std::vector<std::string_view> own = page_field_names();
    if (control.name.empty() && std::ranges::find(own, id) != own.end()) {
      found_.mistake(control.tag.begin, "name-as-id", {{"name", id}});
    } else if (!control.is_own() && !labelled_.contains(control.name)) {
      const std::string nearest(meant_own_name(control));
      if (!nearest.empty()) {
        found_.mistake(control.tag.begin, "name-misspelled", {{"name", control.name}, {"nearest", nearest}});
      } else if (is_other_mailers(control.name)) {
        found_.hint(control.tag.begin, "other-mailer", {{"name", control.name}});
      }
    }
  }

  void check_own(const Control& control) {
    const std::vector<std::string_view> own = page_field_names();
    const bool known = std::ranges::find(own, control.name) != own.end();
    if (known && control.is_for_visitors()) {
      found_.hint(control.tag.begin, "own-visible", {{"name", control.name}});
    }
    if (control.disabled) found_.mistake(control.tag.begin, "field-disabled", {{"field", control.name}});
  }

  void check_visible(const Control& control) {
    if (!labelled_.contains(control.name) || !told_.insert(control.name).second) return;
    check_choice(control);
    if (control.type == "password") {
      found_.hint(control.tag.begin, "field-password", {{"field", control.name}});
    }
    const bool all_disabled = std::ranges::all_of(
        form_.controls, [&](const Control& c) { return c.name != control.name || c.disabled; });
    if (all_disabled) found_.mistake(control.tag.begin, "field-disabled", {{"field", control.name}});
  }

  void check_choice(const Control& control) {
    const bool choice = control.type == "checkbox" || control.type == "radio";
    if (!choice || control.tag.find("value") != nullptr) return;
    const auto choices =
        std::ranges::count_if(form_.controls, [&](const Control& c) { return c.name == control.name; });
    if (choices > 1) found_.mistake(control.tag.begin, "choices-without-value", {{"field", control.name}});
    if (choices == 1) found_.hint(control.tag.begin, "choice-without-value", {{"field", control.name}});
  }

  /// A field that is sent filled in by itself makes every visitor a robot.
  void check_honeypot() {
    const Control* trap = form_.find(std::string(form_.first_value("_honeypot_")));
    if (trap == nullptr || trap->name.empty() || trap->disabled) return;
    const bool box = trap->type == "checkbox" || trap->type == "radio";
    if (box ? trap->tag.find("checked") != nullptr : !trap->value.empty()) {
      found_.mistake(trap->tag.begin, "honeypot-filled", {{"field", trap->name}});
    } else if (trap->tag.find("required") != nullptr) {
      found_.mistake(trap->tag.begin, "honeypot-required", {{"field", trap->name}});
    }
  }

  const PageForm& form_;
  MistakeList& found_;
  std::set<std::string> labelled_;
  std::set<std::string> told_;
};

}  // namespace

void check_fields(const PageForm& form, MistakeList& found) { FieldsCheck(form, found).check(); }

}  // namespace formmail
