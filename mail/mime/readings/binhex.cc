#include "mail/mime/readings/binhex.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mail {

namespace {

constexpr std::string_view kAlphabet = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
constexpr unsigned char kNone = 64;

constexpr std::array<unsigned char, 256> alphabet_table() {
  std::array<unsigned char, 256> table{};
  for (auto& value : table) value = kNone;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  return table;
}
constexpr auto kTable = alphabet_table();

unsigned char value_of(char c) { return kTable[static_cast<unsigned char>(c)]; }

std::string six_bits_to_bytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (c == ':') break;
    const std::uint32_t value = value_of(c);
    if (value == kNone) continue;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count);
    }
  }
  return bytes;
}

// 0x90 and a count repeat the byte before; 0x90 and zero are 0x90 itself. `most` bounds what comes out.
std::string without_runs(std::string_view bytes, std::size_t most) {
  constexpr char kRun = '\x90';
  std::string plain;
  for (std::size_t at = 0; at < bytes.size() && plain.size() < most; ++at) {
    if (bytes[at] != kRun || at + 1 == bytes.size()) {
      plain += bytes[at];
      continue;
    }
    const auto count = static_cast<unsigned char>(bytes[++at]);
    if (count == 0) {
      plain += kRun;
    } else if (!plain.empty()) {
      plain.append(count - 1U, plain.back());
    }
  }
  return plain;
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::optional<BinHexFile> decode_binhex(std::string_view text) {
  // Two bytes stand for up to 255 of a run: what grows past this is no archive, and hides nothing in its
  // runs.
  constexpr std::size_t kGrowth = 8;
  constexpr std::size_t kAlways = 1 << 20;
  const std::string plain = without_runs(six_bits_to_bytes(text), std::max(kAlways, kGrowth * text.size()));
  if (plain.empty()) return std::nullopt;
  const std::string_view bytes = plain;
  // Name, a zero, type and creator, flags, the lengths of both forks, a checksum.
  const std::size_t name_length = static_cast<unsigned char>(bytes.front());
  const std::size_t length_at = 1 + name_length + 1 + 4 + 4 + 2;
  const std::size_t data_at = length_at + 4 + 4 + 2;
  if (data_at >= bytes.size()) return std::nullopt;
  return BinHexFile{std::string(bytes.substr(1, name_length)),
                    std::string(bytes.substr(data_at, big_endian(bytes.substr(length_at, 4))))};
}

bool begins_binhex(std::string_view line) {
  constexpr std::size_t kFewest = 20;
  return line.size() > kFewest && line.front() == ':' &&
         std::all_of(line.begin() + 1, line.end(), [](char c) { return c == ':' || value_of(c) != kNone; });
}

}  // namespace mail
