#include "mail/mime/transfer_encoding.h"

#include <algorithm>
#include <array>

#include "mail/base64.h"
#include "mail/mime/ascii.h"
#include "mail/mime/character_length.h"
#include "mail/mime/header_fields.h"
#include "mail/mime/uuencode.h"

namespace mail {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned char kPadding = 64;
constexpr unsigned char kSkip = 65;

constexpr std::array<unsigned char, 256> base64_table() {
  std::array<unsigned char, 256> table{};
  for (auto& value : table) value = kSkip;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  table['='] = kPadding;
  return table;
}
constexpr auto kBase64 = base64_table();

unsigned char base64_value(char c) { return kBase64[static_cast<unsigned char>(c)]; }

// The bytes of an unfinished group of 2 or 3 characters.
void append_unfinished(std::string& bytes, std::uint32_t group, int count) {
  if (count == 2) bytes += static_cast<char>(group >> 4);
  if (count == 3) {
    bytes += static_cast<char>(group >> 10);
    bytes += static_cast<char>(group >> 2);
  }
}

bool is_code(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
}

constexpr bool is_upper_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); }

}  // namespace

std::string_view name(TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::base64:
      return "base64";
    case TransferEncoding::quoted_printable:
      return "quoted-printable";
    case TransferEncoding::uuencode:
      return "uuencode";
    case TransferEncoding::identity:
      break;
  }
  return "identity";
}

NamedEncoding transfer_encoding_of(std::string_view value) {
  std::string word = to_lower(trim(value));
  for (const std::string_view plain : {"", "7bit", "8bit", "binary"}) {
    if (word == plain) return {};
  }
  if (word == "base64") return {TransferEncoding::base64, true};
  if (word == "quoted-printable") return {TransferEncoding::quoted_printable, true};
  const auto has = [&](std::string_view part) { return word.find(part) != std::string::npos; };
  if (has("base64")) return {TransferEncoding::base64, false};
  if (has("quoted") || has("printable")) return {TransferEncoding::quoted_printable, false};
  if (has("uue") || has("uuencode") || has("x-uu")) return {TransferEncoding::uuencode, false};
  return {TransferEncoding::identity, false};
}

std::string decode_base64(std::string_view encoded) {
  std::string bytes;
  bytes.reserve(encoded.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  int count = 0;
  const char* at = encoded.data();
  const char* const end = at + encoded.size();
  while (at != end) {
    if (count == 0) {
      // Whole groups, the ordinary case, four at once.
      while (end - at >= 4) {
        const std::uint32_t a = base64_value(at[0]);
        const std::uint32_t b = base64_value(at[1]);
        const std::uint32_t c = base64_value(at[2]);
        const std::uint32_t d = base64_value(at[3]);
        if ((a | b | c | d) >= kPadding) break;
        const std::uint32_t whole = a << 18 | b << 12 | c << 6 | d;
        const std::array<char, 3> three = {static_cast<char>(whole >> 16), static_cast<char>(whole >> 8),
                                           static_cast<char>(whole)};
        bytes.append(three.data(), three.size());
        at += 4;
      }
      if (at == end) break;
    }
    const unsigned char value = base64_value(*at++);
    if (value < kPadding) {
      group = group << 6 | value;
      if (++count == 4) {
        bytes += static_cast<char>(group >> 16);
        bytes += static_cast<char>(group >> 8);
        bytes += static_cast<char>(group);
        group = 0;
        count = 0;
      }
    } else if (value == kPadding) {
      append_unfinished(bytes, group, count);
      group = 0;
      count = 0;
    }
  }
  append_unfinished(bytes, group, count);
  return bytes;
}

bool is_plain_base64(std::string_view encoded) {
  std::size_t at = 0;
  while (at < encoded.size()) {
    const std::size_t next = next_line(encoded, at, encoded.size());
    std::string_view line = without_line_end(encoded.substr(at, next - at));
    at = next;
    if (line.size() % 4 != 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && !line.empty() && line.back() == '=') {
      line.remove_suffix(1);
      ++padding;
    }
    if (!std::all_of(line.begin(), line.end(), [](char c) { return base64_value(c) < kPadding; }))
      return false;
    if (padding != 0) return line.size() % 4 + padding == 4 && trim(encoded.substr(at)).empty();
  }
  return true;
}

std::string decode_quoted_printable(std::string_view encoded) {
  std::string bytes;
  bytes.reserve(encoded.size());
  std::size_t at = 0;
  while (at < encoded.size()) {
    const std::size_t next = next_line(encoded, at, encoded.size());
    const std::string_view whole = encoded.substr(at, next - at);
    const std::string_view content = without_line_end(whole);
    std::string_view line = content;
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    const bool soft = !line.empty() && line.back() == '=';
    if (soft) line.remove_suffix(1);
    for (std::size_t i = 0; i < line.size();) {
      const std::size_t code = std::min(line.find('=', i), line.size());
      bytes.append(line.substr(i, code - i));
      if (code == line.size()) break;
      if (is_code(line, code)) {
        bytes += static_cast<char>(hex_value(line[code + 1]) * 16 + hex_value(line[code + 2]));
        i = code + 3;
      } else {
        bytes += '=';
        i = code + 1;
      }
    }
    if (!soft) bytes.append(whole.substr(content.size()));
    at = next;
  }
  return bytes;
}

bool is_plain_quoted_printable(std::string_view encoded) {
  for (std::size_t at = encoded.find('='); at != std::string_view::npos; at = encoded.find('=', at + 1)) {
    const std::string_view after = encoded.substr(at + 1, 2);
    if (after.starts_with('\n') || after == "\r\n") continue;
    if (after.size() < 2 || !is_upper_hex(after[0]) || !is_upper_hex(after[1])) return false;
  }
  return true;
}

std::string decode(TransferEncoding encoding, std::string_view encoded) {
  switch (encoding) {
    case TransferEncoding::base64:
      return decode_base64(encoded);
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(encoded);
    case TransferEncoding::uuencode:
      return decode_uuencode(encoded);
    case TransferEncoding::identity:
      break;
  }
  return std::string(encoded);
}

bool is_plain(TransferEncoding encoding, std::string_view encoded) {
  switch (encoding) {
    case TransferEncoding::base64:
      return is_plain_base64(encoded);
    case TransferEncoding::quoted_printable:
      return is_plain_quoted_printable(encoded);
    case TransferEncoding::uuencode:
      return false;
    case TransferEncoding::identity:
      break;
  }
  return true;
}

std::string encode_base64(std::string_view bytes, std::string_view line_end) {
  constexpr std::size_t kBytesALine = 57;
  std::string encoded;
  encoded.reserve((bytes.size() / kBytesALine + 1) * (76 + line_end.size()));
  for (std::size_t line = 0; line < bytes.size(); line += kBytesALine) {
    append_base64(encoded, bytes.substr(line, kBytesALine));
    encoded += line_end;
  }
  return encoded;
}

namespace {

class QuotedPrintableLines {
 public:
  explicit QuotedPrintableLines(std::string_view line_end) : line_end_(line_end) {}

  // Puts one character's bytes on the line, together. One at the end of a text line leaves no room for "=".
  void add(std::string_view bytes, bool last_of_line) {
    constexpr std::size_t kLongest = 76;
    const std::string unit = encoded(bytes, last_of_line);
    if (column_ + unit.size() > kLongest - (last_of_line ? 0 : 1)) {
      text_ += '=';
      text_ += line_end_;
      column_ = 0;
    }
    // "From " and a lone dot at a line's start are altered by programs on the way.
    if (column_ == 0 && (bytes == "." || bytes == "F")) {
      append_code(text_, bytes.front());
      column_ = 3;
      return;
    }
    text_ += unit;
    column_ += unit.size();
  }

  void end_line() {
    text_ += line_end_;
    column_ = 0;
  }

  std::string take() { return std::move(text_); }

 private:
  static void append_code(std::string& text, char c) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    text += '=';
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }

  static std::string encoded(std::string_view bytes, bool last_of_line) {
    std::string unit;
    for (const char c : bytes) {
      const bool literal = (c > ' ' && c < 0x7f && c != '=') || (is_blank(c) && !last_of_line);
      if (literal) {
        unit += c;
      } else {
        append_code(unit, c);
      }
    }
    return unit;
  }

  std::string_view line_end_;
  std::string text_;
  std::size_t column_ = 0;
};

}  // namespace

std::string encode_quoted_printable(std::string_view text, std::string_view line_end,
                                    std::string_view charset) {
  QuotedPrintableLines lines(line_end);
  CharacterWalk walk(charset);
  const auto at_line_end = [&](std::size_t at) {
    return at == text.size() || text.substr(at, line_end.size()) == line_end;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (at_line_end(at)) {
      walk.next(text.substr(at));
      lines.end_line();
      at += line_end.size();
      continue;
    }
    const std::size_t length = walk.next(text.substr(at));
    lines.add(text.substr(at, length), at_line_end(at + length));
    at += length;
  }
  return lines.take();
}

}  // namespace mail
