#include <algorithm>

#include "cgi-bin/http/form_data.h"

namespace formmail {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// A `%` that opens no escape stands for itself, as browsers and servers have always read it.
std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+') {
      out += ' ';
    } else if (c == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
               hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

FormData parse_urlencoded(std::string_view body, const FormDataLimits& limits) {
  FormData data;
  while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(pair.size() + 1, body.size()));
    if (pair.empty()) continue;
    if (data.size() >= limits.max_fields) throw FormDataError(413, "more fields than allowed");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    FormEntry& entry = data.emplace_back();
    entry.name = decode(pair.substr(0, equals));
    if (equals < pair.size()) entry.value = decode(pair.substr(equals + 1));
  }
  return data;
}

}  // namespace formmail
