// Needs: cgi-bin/form/composed_kana.cc cgi-bin/form/form_charset.cc mail/charset.cc mail/iconv_converter.cc
// Needs: cgi-bin/http/multipart.cc cgi-bin/http/urlencoded.cc mail/japanese_charset.cc mail/utf8.cc
#include "cgi-bin/form/form_charset.h"

#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

/// Fields of any bytes, the first line being `_charset_`: decoded, all is UTF-8 without controls; refused,
/// all is as it came.
void fuzz(std::string_view input) {
  formmail::FormData data;
  while (!input.empty() && data.size() < 20) {
    const std::size_t line = std::min(input.find('\n'), input.size());
    formmail::FormEntry& entry = data.emplace_back();
    entry.name = data.size() == 1 ? "_charset_" : std::string(input.substr(0, line / 2));
    entry.value = input.substr(data.size() == 1 ? 0 : line / 2, data.size() == 1 ? line : line - line / 2);
    input.remove_prefix(std::min(line + 1, input.size()));
  }
  const formmail::FormData before = data;
  const auto charset = formmail::decode_form(data, "", "");
  must(data.size() == before.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!charset) {
      must(data[i].value == before[i].value && data[i].name == before[i].name);
      continue;
    }
    must(mail::is_utf8(data[i].value) && mail::is_utf8(data[i].name));
    if (data[i].name.ends_with("_url_")) continue;  // refused with its controls
    for (const char c : data[i].value) must(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
}
