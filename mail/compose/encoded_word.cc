#include "mail/compose/encoded_word.h"

#include <algorithm>

#include "mail/charset.h"
#include "mail/compose/transfer_encoding.h"
#include "mail/utf8.h"

namespace mail {

namespace {

constexpr char32_t kByteOrderMark = 0xFEFF;
constexpr std::size_t kLongestWord = 75;  // RFC 2047, 2
constexpr std::size_t kLongestLine = 76;

std::size_t base64_length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// Cuts `length` bytes to the end of a character.
std::size_t whole_characters(std::string_view utf8, std::size_t length) {
  if (length >= utf8.size()) return utf8.size();
  while (length > 0 && (static_cast<unsigned char>(utf8[length]) & 0xC0) == 0x80) --length;
  return length;
}

/// The most characters at the start of `utf8` that fit into `most` bytes of base64, encoded. `taken` tells
/// their bytes; 0 where not even one fits.
std::string fitting_base64(std::string_view utf8, std::string_view charset, std::size_t most,
                           std::size_t& taken) {
  taken = whole_characters(utf8, most / 4 * 3);
  if (charset == "UTF-8") return base64(utf8.substr(0, taken));
  for (; taken > 0; taken = whole_characters(utf8, taken - 1)) {
    const auto bytes = from_utf8(utf8.substr(0, taken), charset);
    if (bytes && base64_length(bytes->size()) <= most) return base64(*bytes);
  }
  return "";
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  bool blank = false;
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    const bool separator = c.code_point == ' ' || c.code_point < 0x20 || c.code_point == 0x7F ||
                           (c.code_point >= 0x80 && c.code_point < 0xA0) || c.code_point == 0x2028 ||
                           c.code_point == 0x2029;
    if (separator) {
      blank = !line.empty();
    } else if (!is_control_or_bidi(c.code_point) && c.code_point != kByteOrderMark) {
      if (blank) line += ' ';
      blank = false;
      if (c.valid)
        line += text.substr(0, c.length);
      else
        append_utf8(line, 0xFFFD);
    }
    text.remove_prefix(c.length);
  }
  return line;
}

std::string encoded_words(std::string_view utf8, std::string_view charset, std::size_t column) {
  if (!from_utf8(utf8, charset)) charset = "UTF-8";
  const std::string start = "=?" + std::string(charset) + "?B?";
  const std::size_t around = start.size() + 2;
  std::string words;
  while (!utf8.empty()) {
    const std::size_t room = std::min(kLongestWord, kLongestLine - std::min(column, kLongestLine));
    std::size_t taken = 0;
    const std::string text = room < around ? "" : fitting_base64(utf8, charset, room - around, taken);
    // Nothing fits at the end of a line: the word goes to the next. Nothing fits into a whole line: the
    // charset has a character only among others, so that UTF-8 goes on.
    if (taken == 0 && column <= 1) return words + encoded_words(utf8, "UTF-8", column);
    if (taken > 0) words += start + text + "?=";
    utf8.remove_prefix(taken);
    if (!utf8.empty()) words += "\r\n ";
    column = 1;
  }
  return words;
}

bool stands_unencoded(std::string_view text) {
  constexpr std::size_t kLongestPlainWord = 60;
  std::size_t word = 0;
  for (const char c : text) {
    if (c < ' ' || c == 0x7F) return false;  // 8-bit bytes are negative
    word = c == ' ' ? 0 : word + 1;
    if (word > kLongestPlainWord) return false;
  }
  return text.find("=?") == std::string_view::npos;
}

}  // namespace mail
