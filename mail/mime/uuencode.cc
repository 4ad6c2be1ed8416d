#include "mail/mime/uuencode.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mail/mime/ascii.h"

namespace mail {

namespace {

constexpr std::string_view kXxAlphabet = "+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

constexpr std::array<unsigned char, 256> xx_table() {
  std::array<unsigned char, 256> table{};
  for (auto& value : table) value = 64;
  for (std::size_t i = 0; i < kXxAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kXxAlphabet[i])] = static_cast<unsigned char>(i);
  }
  return table;
}
constexpr auto kXxTable = xx_table();

std::uint32_t uu_value(char c) { return static_cast<std::uint32_t>(c - ' ') & 0x3f; }
std::uint32_t xx_value(char c) { return kXxTable[static_cast<unsigned char>(c)] & 0x3f; }

constexpr std::size_t encoded_size(std::size_t count) { return 1 + (count + 2) / 3 * 4; }

template <typename Value>
void append_line(std::string& bytes, std::string_view line, Value value) {
  std::size_t left = value(line.front());
  for (std::size_t i = 1; left > 0; i += 4) {
    std::uint32_t group = 0;
    // Blanks at a line's end were often cut off: they stand for zeros.
    for (std::size_t k = 0; k < 4; ++k) group = group << 6 | (i + k < line.size() ? value(line[i + k]) : 0);
    for (const int shift : {16, 8, 0}) {
      if (left == 0) break;
      bytes += static_cast<char>(group >> shift);
      --left;
    }
  }
}

bool is_end(std::string_view line) { return line.starts_with("end") && trim(line.substr(3)).empty(); }

// Within HTML three characters of the alphabet stand as entities, which have letters that it does not have.
std::string without_entities(std::string_view line) {
  std::string plain(line);
  for (const auto& [entity, character] :
       {std::pair("&lt;", '<'), std::pair("&gt;", '>'), std::pair("&amp;", '&')}) {
    for (auto at = plain.find(entity); at != std::string::npos; at = plain.find(entity, at + 1)) {
      plain.replace(at, std::string_view(entity).size(), 1, character);
    }
  }
  return plain;
}

bool may_hold_entities(std::string_view line) {
  return line.find('&') != std::string_view::npos && line.find(';') != std::string_view::npos;
}

}  // namespace

bool may_be_uuencode(std::string_view line) {
  constexpr std::size_t kMoreAllowed = 4;
  return !line.empty() && line.front() >= ' ' && line.front() <= '`' &&
         line.size() <= encoded_size(uu_value(line.front())) + kMoreAllowed &&
         std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

bool is_uuencode(std::string_view line) {
  return line.size() >= 5 && line.front() > ' ' && line.front() < '`' &&
         line.size() == encoded_size(uu_value(line.front())) &&
         std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '`'; });
}

bool is_xxencode(std::string_view line) {
  return line.size() >= 5 && !is_uuencode(line) &&
         std::all_of(line.begin(), line.end(),
                     [](char c) { return kXxTable[static_cast<unsigned char>(c)] < kXxAlphabet.size(); }) &&
         line.size() == encoded_size(xx_value(line.front()));
}

UuencodedData read_uuencode(QuotedLines lines) {
  constexpr int kMostOdd = 16;
  UuencodedData data;
  // Some put an empty line before the data.
  while (!lines.at_end() && lines.content().empty()) lines.advance();
  const bool xx = !lines.at_end() && is_xxencode(trim(lines.content()));
  int odd = 0;
  data.end = lines.begin();
  for (; !lines.at_end(); lines.advance()) {
    std::string plain;
    std::string_view line = lines.content();
    if (may_hold_entities(line)) line = plain = without_entities(line);
    if (is_end(line)) {
      data.end = lines.next();
      break;
    }
    const bool whole = xx ? is_xxencode(trim(line)) : is_uuencode(line);
    if (xx ? whole : !line.empty() && line.front() >= ' ' && line.front() <= '`') {
      xx ? append_line(data.bytes, line, xx_value) : append_line(data.bytes, line, uu_value);
    }
    if (whole && !xx) append_line(data.strict_bytes, line, uu_value);
    if (!whole && !line.empty() && !(!xx && may_be_uuencode(line)) && ++odd > kMostOdd) break;
    data.end = lines.next();
  }
  if (data.strict_bytes == data.bytes) data.strict_bytes.clear();
  return data;
}

std::string decode_uuencode(std::string_view encoded) {
  std::string bytes;
  bytes.reserve(encoded.size() / 4 * 3);
  for (QuotedLines lines(encoded, 0, ""); !lines.at_end(); lines.advance()) {
    const std::string_view line = lines.content();
    if (line.starts_with("begin")) continue;
    if (line == "end" || line.starts_with("end ")) break;
    if (line.empty() || line.front() < ' ' || line.front() > '`') continue;
    append_line(bytes, line, uu_value);
  }
  return bytes;
}

}  // namespace mail
