#include "mail/compose/encoded_word.h"

#include <algorithm>

#include "mail/charset.h"
#include "mail/compose/transfer_encoding.h"
#include "mail/utf8.h"

namespace mail {

namespace {

constexpr std::size_t kLongestWord = 75;  // RFC 2047, 2
constexpr std::size_t kLongestLine = 76;

std::size_t base64_length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// Cuts `length` bytes to the end of a character.
std::size_t whole_characters(std::string_view utf8, std::size_t length) {
  if (length >= utf8.size()) return utf8.size();
  while (length > 0 && (static_cast<unsigned char>(utf8[length]) & 0xC0) == 0x80) --length;
  return length;
}

std::size_t without_last_character(std::string_view utf8) {
  return utf8.empty() ? 0 : whole_characters(utf8, utf8.size() - 1);
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
    } else if (!is_control_or_bidi(c.code_point)) {
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
  std::string words;
  while (!utf8.empty()) {
    const std::size_t line_left = kLongestLine - std::min(column, kLongestLine);
    const std::size_t most = std::min(kLongestWord, line_left);
    std::string bytes;
    std::string_view piece = utf8.substr(0, whole_characters(utf8, kLongestWord));
    for (; !piece.empty(); piece = piece.substr(0, without_last_character(piece))) {
      bytes = from_utf8(piece, charset).value_or("");
      if (!bytes.empty() && start.size() + base64_length(bytes.size()) + 2 <= most) break;
    }
    // A line too full for one character: the word goes to the next.
    if (!piece.empty()) words += start + base64(bytes) + "?=";
    utf8.remove_prefix(piece.size());
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
  return text.find("=?") == text.npos;
}

}  // namespace mail
