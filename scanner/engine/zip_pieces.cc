#include "scanner/engine/zip_pieces.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace scanner {

namespace {

// APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16.
constexpr std::string_view kMember("PK\3\4", 4);
constexpr std::string_view kDirectoryEntry("PK\1\2", 4);
constexpr std::string_view kEnd("PK\5\6", 4);
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kMostPieces = 50;

std::uint64_t number(std::string_view bytes, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

/// The archive whose end record stands at `at`, if it is one.
std::optional<Span> archive_ending_at(std::string_view bytes, std::size_t at) {
  if (at + kEndSize > bytes.size()) return std::nullopt;
  const std::uint64_t entries = number(bytes, at + 10, 2);
  const std::uint64_t size = number(bytes, at + 12, 4);
  const std::uint64_t offset = number(bytes, at + 16, 4);
  const std::uint64_t comment = number(bytes, at + 20, 2);
  if (size + offset > at) return std::nullopt;
  if (entries > 0 && bytes.substr(at - size, kDirectoryEntry.size()) != kDirectoryEntry) return std::nullopt;
  return Span{at - size - offset, std::min<std::size_t>(bytes.size(), at + kEndSize + comment)};
}

void add_loose(std::string_view bytes, ZipPieces& pieces) {
  const std::size_t member = bytes.find(kMember);
  if (member != bytes.npos) pieces.loose.push_back(bytes.substr(member));
}

}  // namespace

ZipPieces find_zip_pieces(std::string_view bytes) {
  ZipPieces pieces;
  std::size_t end = bytes.size();  // what lies behind is dealt with
  while (end > 0) {
    if (pieces.archives.size() + pieces.loose.size() >= kMostPieces) {
      pieces.too_many = true;
      return pieces;
    }
    const std::string_view rest = bytes.substr(0, end);
    std::optional<Span> archive;
    std::size_t at = rest.rfind(kEnd);
    while (at != rest.npos && !(archive = archive_ending_at(rest, at)))
      at = at == 0 ? rest.npos : rest.rfind(kEnd, at - 1);
    if (!archive) {
      if (rest.starts_with(kMember) || end < bytes.size()) add_loose(rest, pieces);
      break;
    }
    if (archive->begin == 0 && archive->end == bytes.size()) return {};
    if (archive->end < end) add_loose(rest.substr(archive->end), pieces);
    pieces.archives.push_back(rest.substr(archive->begin, archive->end - archive->begin));
    end = archive->begin;
  }
  return pieces;
}

}  // namespace scanner
