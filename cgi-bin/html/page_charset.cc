#include "cgi-bin/html/page_charset.h"

#include <algorithm>

#include "cgi-bin/form/form_charset.h"
#include "cgi-bin/html/tag.h"
#include "mail/charset.h"

namespace formmail {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

/// The charset in "text/html; charset=EUC-JP"; "" if none stands there.
std::string charset_parameter(const Tag& meta) {
  const std::string_view content = meta.value("content");
  const std::string lower = meta.keyword("content");
  std::size_t at = lower.find("charset");
  if (at == std::string::npos) return "";
  at = lower.find_first_not_of(" \t", at + 7);
  if (at == std::string::npos || lower[at] != '=') return "";
  at = lower.find_first_not_of(" \t\"'", at + 1);
  if (at == std::string::npos) return "";
  return std::string(content.substr(at, lower.find_first_of(" \t\"';", at) - at));
}

std::string charset_of_meta(const Tag& meta) {
  const Attribute* charset = meta.find("charset");
  if (charset != nullptr) return charset->value;
  const bool content_type = meta.keyword("http-equiv") == "content-type";
  return content_type ? charset_parameter(meta) : "";
}

/// `<?xml version="1.0" encoding="EUC-JP"?>` at the page's start.
std::string charset_of_xml(std::string_view bytes) {
  if (!bytes.starts_with("<?xml")) return "";
  const std::string_view declaration = bytes.substr(0, bytes.find('>'));
  std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return "";
  at = declaration.find_first_of("\"'", at);
  if (at == std::string_view::npos) return "";
  const std::size_t end = declaration.find(declaration[at], at + 1);
  return end == std::string_view::npos ? "" : std::string(declaration.substr(at + 1, end - at - 1));
}

void find_declaration(std::string_view bytes, PageCharset& charset) {
  // ISO-2022-JP's escapes stand in no other charset, so they can be heeded before the charset is known; in
  // the others no byte of a character is `<`, `>` or a quote.
  const PageText page(std::string(bytes), "iso-2022-jp");
  TagScanner scanner(page.markup());
  while (const std::optional<TagPlace> place = scanner.next()) {
    if (place->name != "meta" || place->closing) continue;
    charset.declared = charset_of_meta(read_tag(page, *place));
    charset.declaration = place->begin;
    if (!charset.declared.empty()) return;
  }
  charset.declared = charset_of_xml(bytes);
  charset.declaration = charset.declared.empty() ? std::nullopt : std::optional<std::size_t>(0);
}

}  // namespace

PageCharset charset_of_page(std::string_view bytes) {
  PageCharset charset;
  charset.byte_order_mark = bytes.starts_with(kUtf8Mark);
  find_declaration(bytes.substr(charset.byte_order_mark ? kUtf8Mark.size() : 0), charset);
  if (charset.byte_order_mark) {
    charset.label = "utf-8";
    if (charset.declaration) *charset.declaration += kUtf8Mark.size();
  } else if (mail::charset_of_label(charset.declared)) {
    charset.label = charset.declared;
  } else {
    charset.guessed = true;
    charset.label = guess_charset({bytes}).value_or("utf-8");
  }
  return charset;
}

bool is_wide(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") ||
         bytes.substr(0, 256).find('\0') != std::string_view::npos;
}

}  // namespace formmail
