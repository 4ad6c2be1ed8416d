#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mail {

/// One character of UTF-8 text (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
struct Utf8Char {
  char32_t code_point;  // U+FFFD where not valid
  std::size_t length;   // bytes taken, 1 where not valid
  bool valid;
};

/// The first character of `text`, which must not be empty.
Utf8Char first_utf8_char(std::string_view text);

bool is_utf8(std::string_view text);

/// The number of characters (code points) in valid UTF-8.
std::size_t utf8_length(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

/// C0, DEL, C1, U+2028, U+2029 and the bidi controls (U+061C, U+200E/F, U+202A..E, U+2066..9): what must not
/// reach a terminal, a header or a name that a person reads.
bool is_control_or_bidi(char32_t code_point);

}  // namespace mail
