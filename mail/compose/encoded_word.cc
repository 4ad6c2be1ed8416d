#include "mail/compose/encoded_word.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mail/charset.h"
#include "mail/compose/transfer_encoding.h"
#include "mail/utf8.h"

namespace mail {

namespace {

constexpr char32_t kByteOrderMark = 0xFEFF;
constexpr std::size_t kLongestWord = 75;  // RFC 2047, 2
constexpr std::size_t kLongestLine = 76;
constexpr std::size_t kAround = 7;  // "=?", "?B?" and "?="

std::size_t base64_length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// Cuts `length` bytes to the end of a character.
std::size_t whole_characters(std::string_view utf8, std::size_t length) {
  if (length >= utf8.size()) return utf8.size();
  while (length > 0 && (static_cast<unsigned char>(utf8[length]) & 0xC0) == 0x80) --length;
  return length;
}

/// The beginning of a text in the encoding of a word, and how many bytes of the text that is.
struct Encoded {
  std::string text;
  std::size_t taken = 0;
};

std::optional<std::string> converted(std::string_view utf8, std::string_view charset) {
  if (charset == "UTF-8") return std::string(utf8);
  return from_utf8(utf8, charset);
}

/// As many characters as `most` bytes of base64 hold; none where not even one fits. Some readers (GMime) join
/// the words of a text before they decode them, and stop at the first padding: what is not the text's end is
/// taken only so far that it needs none.
Encoded fitting_base64(std::string_view utf8, std::string_view charset, std::size_t most) {
  for (std::size_t taken = whole_characters(utf8, most / 4 * 3); taken > 0;
       taken = whole_characters(utf8, taken - 1)) {
    const auto bytes = converted(utf8.substr(0, taken), charset);
    if (!bytes || base64_length(bytes->size()) > most) continue;
    if (taken == utf8.size() || bytes->size() % 3 == 0) return {base64(*bytes), taken};
  }
  return {};
}

/// RFC 2047's "Q", as it may stand in a display name, too.
std::string quoted(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ')
      text += '_';
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      text += c;
    else
      text += {'=', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

Encoded fitting_quoted(std::string_view utf8, std::string_view charset, std::size_t most) {
  for (std::size_t taken = whole_characters(utf8, most); taken > 0;
       taken = whole_characters(utf8, taken - 1)) {
    const auto bytes = converted(utf8.substr(0, taken), charset);
    if (!bytes) continue;
    std::string text = quoted(*bytes);
    if (text.size() <= most) return {std::move(text), taken};
  }
  return {};
}

/// One word of at most `room` bytes with the beginning of `utf8`: "B", or "Q" where base64 would need
/// padding.
Encoded fitting_word(std::string_view utf8, std::string_view charset, std::size_t room) {
  const std::size_t around = charset.size() + kAround;
  if (room <= around) return {};
  char encoding = 'B';
  Encoded encoded = fitting_base64(utf8, charset, room - around);
  if (encoded.taken == 0) {
    encoding = 'Q';
    encoded = fitting_quoted(utf8, charset, room - around);
  }
  std::string word("=?");
  word.append(charset).append("?").append(1, encoding).append("?").append(encoded.text).append("?=");
  return {std::move(word), encoded.taken};
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
  std::string words;
  while (!utf8.empty()) {
    const std::size_t room = std::min(kLongestWord, kLongestLine - std::min(column, kLongestLine));
    const Encoded word = fitting_word(utf8, charset, room);
    // Nothing fits at the end of a line: the word goes to the next. Nothing fits into a whole line: the
    // charset has a character only among others, so that UTF-8 goes on.
    if (word.taken == 0 && column <= 1) return words + encoded_words(utf8, "UTF-8", column);
    if (word.taken > 0) words += word.text;
    utf8.remove_prefix(word.taken);
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
