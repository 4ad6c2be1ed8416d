#pragma once

#include <string>
#include <string_view>

namespace mail {

/// ASCII only, whatever the locale: header names, tokens and base64 know no other letters.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_line_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
constexpr bool is_8bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }

std::string to_lower(std::string_view text);

/// Equal but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// The place of the lower-case `word` in `text`, in any case, from `from` on; npos if it is not there.
/// Linear.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);

/// Without blanks and line ends on both sides.
std::string_view trim(std::string_view text);

/// The line end of the first line, "\n" or "\r\n"; `fallback` where there is no line end.
std::string_view line_end_of(std::string_view text, std::string_view fallback = "\r\n");

/// 0..15, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace mail
