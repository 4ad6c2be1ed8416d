#include "scanner/engine/archive/zip_records.h"

namespace scanner::zip {

namespace {

std::uint32_t number(std::string_view bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = size - 1; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  }
  return value;
}

std::uint16_t short_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(number(bytes, at, 2));
}

bool stands_at(std::string_view bytes, std::size_t at, std::string_view signature, std::size_t size) {
  return at <= bytes.size() && bytes.size() - at >= size && bytes.substr(at, signature.size()) == signature;
}

}  // namespace

std::optional<LocalHeader> local_header(std::string_view bytes, std::size_t at) {
  constexpr std::size_t kSize = 30;
  if (!stands_at(bytes, at, kLocalHeader, kSize)) return std::nullopt;
  LocalHeader header;
  header.flags = short_at(bytes, at + 6);
  header.method = short_at(bytes, at + 8);
  header.packed_size = number(bytes, at + 18, 4);
  const std::size_t name_size = short_at(bytes, at + 26);
  header.data = at + kSize + name_size + short_at(bytes, at + 28);
  if (header.data > bytes.size()) return std::nullopt;
  header.name = bytes.substr(at + kSize, name_size);
  return header;
}

std::optional<DirectoryEntry> directory_entry(std::string_view bytes, std::size_t at) {
  constexpr std::size_t kSize = 46;
  if (!stands_at(bytes, at, kDirectoryEntry, kSize)) return std::nullopt;
  DirectoryEntry entry;
  entry.flags = short_at(bytes, at + 8);
  entry.method = short_at(bytes, at + 10);
  entry.packed_size = number(bytes, at + 20, 4);
  entry.unpacked_size = number(bytes, at + 24, 4);
  const std::size_t name_size = short_at(bytes, at + 28);
  entry.local_header = number(bytes, at + 42, 4);
  entry.end = at + kSize + name_size + short_at(bytes, at + 30) + short_at(bytes, at + 32);
  if (entry.end > bytes.size()) return std::nullopt;
  entry.name = bytes.substr(at + kSize, name_size);
  return entry;
}

std::optional<EndRecord> end_record(std::string_view bytes, std::size_t at) {
  constexpr std::size_t kSize = 22;
  if (!stands_at(bytes, at, kEndRecord, kSize)) return std::nullopt;
  EndRecord record;
  record.entries = short_at(bytes, at + 10);
  record.directory_size = number(bytes, at + 12, 4);
  record.directory = number(bytes, at + 16, 4);
  record.end = at + kSize + short_at(bytes, at + 20);
  if (record.end > bytes.size()) return std::nullopt;
  return record;
}

}  // namespace scanner::zip
