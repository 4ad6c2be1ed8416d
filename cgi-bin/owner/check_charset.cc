#include <algorithm>
#include <array>

#include "cgi-bin/form/form_charset.h"
#include "cgi-bin/guard/refused_text.h"
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

/// What browsers know of charsets that formmail reads (WHATWG Encoding 4.2). Mail programs know more labels:
/// "cp932" and "jis" are none to a browser.
bool is_known_to_browsers(std::string_view label) {
  constexpr std::array<std::string_view, 28> kLabels = {
      "csiso2022jp",    "csshiftjis",  "cseucpkdfmtjapanese",
      "csunicode",      "euc-jp",      "iso-10646-ucs-2",
      "iso-2022-jp",    "ms932",       "ms_kanji",
      "shift-jis",      "sjis",        "shift_jis",
      "ucs-2",          "unicode",     "unicode-1-1-utf-8",
      "utf-16",         "utf-16be",    "unicode11utf8",
      "utf-16le",       "utf-8",       "unicode20utf8",
      "utf8",           "x-euc-jp",    "unicodefeff",
      "unicodefffe",    "windows-31j", "x-sjis",
      "x-unicode20utf8"};
  if (std::ranges::find(kLabels, folded(label)) != kLabels.end()) return true;
  return mail::charset_of_label(label).has_value() && !is_form_charset(label);
}

bool is_utf16(std::string_view label) {
  const std::string name = folded(label);
  return name.starts_with("utf-16") || name.ends_with("unicode") || name.starts_with("unicodef") ||
         name.ends_with("ucs-2");
}

/// The charset in which browsers send the form: the first one of accept-charset that they know, else the
/// page's. They send no UTF-16, but UTF-8 in its place.
std::string posting_charset(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  constexpr std::string_view kBetween = " ,\t\r\n";
  const Attribute* attribute = form.tag.find("accept-charset");
  std::string_view list = attribute == nullptr ? std::string_view() : attribute->value;
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(kBetween), list.size()));
    if (list.empty()) break;
    const std::string_view label = list.substr(0, list.find_first_of(kBetween));
    list.remove_prefix(label.size());
    if (is_known_to_browsers(label)) return is_utf16(label) ? "utf-8" : std::string(label);
    found.hint(attribute->begin, "charset-ignored", {{"charset", std::string(label)}});
  }
  return checked.charset.label;
}

void check_posting(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const std::string charset = posting_charset(form, checked, found);
  if (!is_form_charset(charset)) {
    const Attribute* attribute = form.tag.find("accept-charset");
    const bool stated = attribute != nullptr && charset != checked.charset.label;
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
  if (!charset.declared.empty() && !is_known_to_browsers(charset.declared)) {
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
  if (!charset.guessed) {
    const std::optional<std::string> evident = evident_charset(checked.text.bytes(), charset.label);
    if (evident) {
      found.mistake(declaration, "charset-unlikely", {{"charset", charset.label}, {"guess", *evident}});
      return;
    }
  }
  for (const PageForm& form : checked.page.forms) {
    if (form.is_formmail()) check_posting(form, checked, found);
  }
}

}  // namespace formmail
