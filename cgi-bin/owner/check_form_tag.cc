#include <algorithm>

#include "cgi-bin/form/form.h"
#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

void check_action(const PageForm& form, MistakeList& found) {
  if (form.is_formmail()) return;
  found.mistake(form.tag.begin, "action-other",
                {{"action", std::string(form.tag.value("action"))}, {"path", std::string(kFormPath)}});
}

/// A button may send the form elsewhere, or in another way.
void check_button(const Control& button, const PageForm& form, MistakeList& found) {
  const Tag& tag = button.tag;
  if (tag.find("formaction") != nullptr && !is_formmail_url(tag.value("formaction"))) {
    found.mistake(tag.begin, "button-other",
                  {{"attribute", "formaction"}, {"value", std::string(tag.value("formaction"))}});
  }
  for (const char* attribute : {"method", "enctype"}) {
    const std::string own = std::string("form") + attribute;
    if (tag.find(own) == nullptr || tag.keyword(own) == form.tag.keyword(attribute)) continue;
    found.mistake(tag.begin, "button-other", {{"attribute", own}, {"value", std::string(tag.value(own))}});
  }
}

bool is_button(const Control& control) {
  const bool button = control.type == "button" && control.tag.name == "button";
  return control.type == "submit" || control.type == "image" ||
         (button && control.tag.keyword("type") != "button" && control.tag.keyword("type") != "reset");
}

void check_enctype(const PageForm& form, MistakeList& found) {
  const std::string enctype = form.tag.keyword("enctype");
  const auto file = std::find_if(form.controls.begin(), form.controls.end(),
                                 [](const Control& control) { return control.type == "file"; });
  if (enctype == "text/plain") {
    found.mistake(form.tag.begin, "enctype-text");
  } else if (file != form.controls.end() && enctype != "multipart/form-data") {
    found.mistake(form.tag.begin, "enctype-missing", {{"field", file->name}});
  }
}

}  // namespace

void check_form_tag(const PageForm& form, MistakeList& found) {
  check_action(form, found);
  if (form.tag.keyword("method") != "post") found.mistake(form.tag.begin, "method-get");
  check_enctype(form, found);
  bool can_be_sent = false;
  for (const Control& control : form.controls) {
    if (!is_button(control)) continue;
    can_be_sent = true;
    check_button(control, form, found);
  }
  if (!can_be_sent) found.hint(form.tag.begin, "submit-missing");
}

void check_profile(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const Control* field = form.find("_profile_");
  if (field == nullptr) {
    if (!has_misspelled(form, "_profile_")) found.mistake(form.tag.begin, "profile-missing");
    return;
  }
  if (!is_profile_name(field->value)) {
    found.mistake(field->tag.begin, "profile-name", {{"profile", field->value}});
    return;
  }
  if (checked.site == nullptr) return;
  const auto profile = checked.site->profiles.find(field->value);
  if (profile == checked.site->profiles.end()) {
    std::string known;
    for (const auto& [name, each] : checked.site->profiles) known += (known.empty() ? "" : ", ") + name;
    found.mistake(field->tag.begin, "profile-unknown",
                  {{"profile", field->value}, {"site", checked.site->name}, {"known", known}});
    return;
  }
  const std::string& reply = profile->second.reply_field;
  const std::vector<WrittenLabel> labels = labels_of(form);
  const bool labelled = std::any_of(labels.begin(), labels.end(),
                                    [&](const WrittenLabel& label) { return label.label.field == reply; });
  if (!reply.empty() && !labelled) {
    found.hint(field->tag.begin, "reply-field", {{"field", reply}, {"profile", field->value}});
  }
}

}  // namespace formmail
