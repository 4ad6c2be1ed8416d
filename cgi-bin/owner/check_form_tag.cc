#include <algorithm>

#include "cgi-bin/form/form.h"
#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

void check_action(const PageForm& form, MistakeList& found) {
  if (!form.is_formmail()) {
    found.mistake(form.tag.begin, "action-other",
                  {{"action", std::string(form.tag.value("action"))}, {"path", std::string(kFormPath)}});
  }
  for (const Tag& inner : form.inner) {
    found.mistake(inner.begin, "form-inside");
  }
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

void check_form_tag(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  check_action(form, found);
  if (form.tag.keyword("method") != "post") found.mistake(form.tag.begin, "method-get");
  check_enctype(form, found);
  const bool can_be_sent =
      std::any_of(form.controls.begin(), form.controls.end(), [](const Control& control) {
        const bool button = control.type == "button" && control.tag.name == "button";
        return control.type == "submit" || control.type == "image" ||
               (button && control.tag.keyword("type") != "button");
      });
  if (!can_be_sent) found.hint(form.tag.begin, "submit-missing");
  if (!is_for_shared_ssl(form, checked)) return;
  for (const Tag& sheet : checked.page.style_sheets) {
    if (sheet.keyword("href").starts_with("http:")) {
      found.mistake(sheet.begin, "page-style-http", {{"url", std::string(sheet.value("href"))}});
    }
  }
  for (const Tag& base : checked.page.bases) {
    if (base.keyword("href").starts_with("http:")) {
      found.mistake(base.begin, "base-http", {{"url", std::string(base.value("href"))}});
    }
  }
}

void check_profile(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const Control* field = form.find("_profile_");
  if (field == nullptr) {
    found.mistake(form.tag.begin, "profile-missing");
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

void check_own_fields(const PageForm& form, MistakeList& found) {
  const std::vector<std::string_view> known = page_field_names();
  for (const Control& control : form.controls) {
    if (!control.is_own()) continue;
    if (std::find(known.begin(), known.end(), control.name) == known.end()) {
      const std::string nearest(nearest_name(control.name, known));
      found.mistake(control.tag.begin, nearest.empty() ? "name-unknown" : "name-misspelled",
                    {{"name", control.name}, {"nearest", nearest}});
    } else if (control.name != "_label_" && form.find(control.name) != &control) {
      found.mistake(control.tag.begin, "name-twice", {{"name", control.name}});
    }
  }
  const Control* language = form.find("_lang_");
  if (language != nullptr && language->value != "ja" && language->value != "en") {
    found.mistake(language->tag.begin, "language-unknown", {{"value", language->value}});
  }
  const Control* honeypot = form.find("_honeypot_");
  if (honeypot != nullptr && !honeypot->value.empty() && form.find(honeypot->value) == nullptr) {
    found.mistake(honeypot->tag.begin, "honeypot-missing", {{"field", honeypot->value}});
  }
}

}  // namespace formmail
