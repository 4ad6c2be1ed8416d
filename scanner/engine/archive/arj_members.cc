#include "scanner/engine/archive/arj_members.h"

#include <algorithm>

namespace scanner {

namespace {

constexpr std::string_view kHeaderId = "\x60\xea";
/// A basic header: its size, then at least 30 bytes, then two texts.
constexpr std::size_t kBasicSize = 2;
constexpr std::size_t kFlags = 4;
constexpr std::size_t kFileType = 6;
constexpr std::size_t kPackedSize = 12;
constexpr std::size_t kUnpackedSize = 16;
constexpr std::size_t kShortest = 30;
constexpr unsigned kGarbled = 1;
constexpr unsigned kDirectory = 3;
constexpr unsigned kVolumeLabel = 4;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// The basic header at `at`, without its mark and size; empty at the end of the archive and of the bytes.
std::string_view basic_header(std::string_view bytes, std::size_t at) {
  if (at + 4 > bytes.size() || bytes.substr(at, 2) != kHeaderId) return {};
  const std::string_view header = bytes.substr(at + 4, number(bytes, at + 2, kBasicSize));
  return header.size() < kShortest ? std::string_view() : header;
}

/// Where what follows the header begins: behind its checksum and the extended headers.
std::size_t end_of_header(std::string_view bytes, std::size_t at, std::size_t basic_size) {
  std::size_t next = at + 4 + basic_size + 4;
  while (next + 2 <= bytes.size()) {
    const std::uint32_t extended = number(bytes, next, 2);
    next += 2;
    if (extended == 0) break;
    next += extended + 4;
  }
  return next;
}

}  // namespace

bool is_arj(std::string_view bytes) { return !basic_header(bytes, 0).empty(); }

MemberList list_arj_members(std::string_view bytes) {
  MemberList list;
  const std::string_view main = basic_header(bytes, 0);
  if (main.empty()) return list;
  std::size_t at = end_of_header(bytes, 0, main.size());
  for (std::string_view header; !(header = basic_header(bytes, at)).empty();) {
    const unsigned type = number(header, kFileType, 1);
    if ((number(header, kFlags, 1) & kGarbled) != 0) list.encrypted = true;
    if (type != kDirectory && type != kVolumeLabel) list.sizes.push_back(number(header, kUnpackedSize, 4));
    at = end_of_header(bytes, at, header.size()) + number(header, kPackedSize, 4);
  }
  return list;
}

}  // namespace scanner
