#include "mail/compose/transfer_encoding.h"

#include <algorithm>

#include "mail/base64.h"

namespace mail {

namespace {

constexpr std::size_t kLongestPlainLine = 990;  // RFC 5322, 2.1.1 allows 998
constexpr std::size_t kBytesOfLine = 57;        // 76 characters of base64
constexpr std::size_t kLongestQuotedLine = 76;

bool opens_badly(std::string_view line) { return line.starts_with('.') || line.starts_with("From "); }

bool survives_as_it_is(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    const bool plain = std::ranges::all_of(line, [](char c) { return c > 0 && c != '\r' && c != '\n'; });
    if (!plain || line.size() > kLongestPlainLine || line.starts_with("From ")) return false;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return true;
}

bool stands_in_quoted_printable(char c) { return (c >= ' ' && c <= '~' && c != '=') || c == '\t'; }

void append_quoted_line(std::string& out, std::string_view line) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last = i + 1 == line.size();
    const bool blank_at_end = last && (c == ' ' || c == '\t');
    const bool plain = stands_in_quoted_printable(c) && !blank_at_end && !(i == 0 && opens_badly(line));
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kLongestQuotedLine - (last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (plain && !(column == 0 && c == '.'))
      out += c;
    else
      out += {'=', kDigits[byte >> 4], kDigits[byte & 15]};
    column += plain && !(column == 0 && c == '.') ? 1 : 3;
  }
}

std::size_t quoted_length(std::string_view text) {
  const auto plain = static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return stands_in_quoted_printable(c) || c == '\r' || c == '\n'; }));
  return plain + 3 * (text.size() - plain);
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

void append_base64_lines(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() / kBytesOfLine + 1) * 78);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kBytesOfLine, bytes.size()))) {
    append_base64(out, bytes.substr(0, kBytesOfLine));
    out += "\r\n";
  }
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(quoted_length(text) + text.size() / 16);
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    append_quoted_line(out, text.substr(0, end));
    if (end != std::string_view::npos) out += "\r\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return out;
}

EncodedText encoded_text(std::string_view text) {
  if (survives_as_it_is(text)) return {"7bit", std::string(text)};
  if (quoted_length(text) <= text.size() / 3 * 4) return {"quoted-printable", quoted_printable(text)};
  EncodedText encoded{"base64", ""};
  append_base64_lines(encoded.bytes, text);
  return encoded;
}

}  // namespace mail
