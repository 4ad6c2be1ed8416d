#include <algorithm>

#include "cgi-bin/form/form_charset.h"
#include "cgi-bin/owner/page_check.h"
#include "mail/charset.h"

namespace formmail {

namespace {

/// In which formmail reads what comes from a form.
bool is_form_charset(std::string_view label) {
  const std::string name = mail::charset_of_label(label).value_or("");
  return name == "UTF-8" || name == "CP932" || name == "EUC-JP-MS" || name == "ISO-2022-JP";
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; });
}

/// The charset in which browsers send the form: the first word of accept-charset, else the page's.
std::string posting_charset(const PageForm& form, const CheckedPage& checked) {
  const std::string_view list = form.tag.value("accept-charset");
  const std::size_t begin = list.find_first_not_of(" ,\t\r\n");
  if (begin == std::string_view::npos) return checked.charset.label;
  return std::string(list.substr(begin, list.find_first_of(" ,\t\r\n", begin) - begin));
}

void check_posting(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const std::string charset = posting_charset(form, checked);
  if (!is_form_charset(charset)) {
    const Attribute* attribute = form.tag.find("accept-charset");
    const bool stated = attribute != nullptr && !attribute->value.empty();
    found.mistake(stated ? attribute->begin : form.tag.begin,
                  stated ? "accept-charset-unknown" : "page-charset-unknown", {{"charset", charset}});
    return;
  }
  // What the page holds goes out in the page's charset as it came.
  if (mail::charset_of_label(charset) == mail::charset_of_label(checked.charset.label)) return;
  for (const Control& control : form.controls) {
    if (control.type != "hidden" || is_ascii(control.value)) continue;
    if (!mail::from_utf8(control.value, charset)) {
      found.hint(control.tag.begin, "charset-lacks",
                 {{"field", control.name}, {"value", control.value}, {"charset", charset}});
    }
  }
}

}  // namespace

void check_charset(const CheckedPage& checked, MistakeList& found) {
  const PageCharset& charset = checked.charset;
  const std::size_t declaration = charset.declaration.value_or(0);
  if (!charset.declared.empty() && !mail::charset_of_label(charset.declared)) {
    found.mistake(declaration, "charset-unknown", {{"charset", charset.declared}});
  } else if (charset.byte_order_mark && !charset.declared.empty() &&
             mail::charset_of_label(charset.declared) != "UTF-8") {
    found.mistake(declaration, "charset-contradicts-mark", {{"charset", charset.declared}});
  } else if (charset.guessed && !is_ascii(checked.text.bytes())) {
    found.of_page("charset-missing", {{"charset", charset.label}});
  }
  const std::optional<std::size_t> misfit = checked.text.first_misfit();
  if (misfit) {
    const std::optional<std::string> guess = guess_charset({checked.text.bytes()});
    found.mistake(*misfit, guess ? "charset-wrong" : "charset-misfit",
                  {{"charset", charset.label}, {"guess", guess.value_or("")}});
    return;  // what else could be said would follow from this
  }
  for (const PageForm& form : checked.page.forms) {
    if (form.is_formmail()) check_posting(form, checked, found);
  }
}

}  // namespace formmail
