#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace scanner {

/// Records of a zip archive (APPNOTE 6.3.10, 4.3), read where they are said to stand.
namespace zip {

inline constexpr std::string_view kLocalHeader = "PK\3\4";
inline constexpr std::string_view kDirectoryEntry = "PK\1\2";
inline constexpr std::string_view kEndRecord = "PK\5\6";
inline constexpr std::string_view kDataDescriptor = "PK\7\10";

inline constexpr std::uint16_t kEncrypted = 1;
inline constexpr std::uint16_t kSizesFollow = 8;

struct LocalHeader {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t packed_size = 0;
  std::string_view name;
  std::size_t data = 0;  ///< where the member's bytes begin
};

struct DirectoryEntry {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t packed_size = 0;
  std::uint32_t unpacked_size = 0;
  std::string_view name;
  std::uint32_t local_header = 0;  ///< its offset
  std::size_t end = 0;             ///< of the entry
};

struct EndRecord {
  std::uint16_t entries = 0;
  std::uint32_t directory_size = 0;
  std::uint32_t directory = 0;  ///< its offset
  std::size_t end = 0;          ///< of the record and its comment
};

/// Each: nothing where no such record stands at `at`, or it does not fit into `bytes`.
std::optional<LocalHeader> local_header(std::string_view bytes, std::size_t at);
std::optional<DirectoryEntry> directory_entry(std::string_view bytes, std::size_t at);
std::optional<EndRecord> end_record(std::string_view bytes, std::size_t at);

}  // namespace zip

}  // namespace scanner
