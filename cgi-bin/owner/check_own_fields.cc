#include <algorithm>
#include <array>

#include "cgi-bin/form/form.h"
#include "cgi-bin/guard/refused_text.h"
#include "cgi-bin/owner/page_check.h"

// formmail's own fields, `_..._`, but for _label_ and the URLs.

namespace formmail {

namespace {

/// Texts that only a page shows which the form does without.
void check_unused_texts(const PageForm& form, MistakeList& found) {
  constexpr std::array<const char*, 5> kOfConfirmation = {"_conf_title_", "_conf_msg_head_",
                                                          "_conf_msg_foot_", "_conf_submit_", "_conf_back_"};
  const std::string_view confirm = form.first_value("_conf_enable_");
  const bool off = confirm.empty() || confirm == "0";
  if (off && !has_misspelled(form, "_conf_enable_")) {
    for (const char* name : kOfConfirmation) {
      const Control* text = form.find(name);
      if (text == nullptr) continue;
      found.hint(text->tag.begin, "confirmation-off", {{"name", name}});
      break;
    }
  }
  const Control* text = form.find("_comp_return_text_");
  if (text != nullptr && form.find("_comp_return_url_") == nullptr &&
      !has_misspelled(form, "_comp_return_url_")) {
    found.hint(text->tag.begin, "return-url-missing");
  }
}

}  // namespace

std::string_view meant_own_name(const Control& control) {
  const std::string name = folded(control.name);
  if (!name.starts_with('_') && !name.ends_with('_')) return "";
  const std::vector<std::string_view> known = page_field_names();
  if (std::ranges::find(known, control.name) != known.end()) return "";
  return nearest_name(name, known);
}

bool has_misspelled(const PageForm& form, std::string_view own) {
  return std::ranges::any_of(form.controls,
                             [&](const Control& control) { return meant_own_name(control) == own; });
}

void check_own_fields(const PageForm& form, MistakeList& found) {
  const std::vector<std::string_view> known = page_field_names();
  for (const Control& control : form.controls) {
    if (!control.is_own()) continue;
    if (std::ranges::find(known, control.name) == known.end()) {
      const std::string nearest(meant_own_name(control));
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
  check_unused_texts(form, found);
}

}  // namespace formmail
