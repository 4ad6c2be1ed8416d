#include "scanner/engine/archive/zip_readings.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scanner/engine/archive/zip_records.h"

// libclamav reads a zip archive from its end record, once. Other programs read it otherwise: those that
// stream or repair go from local header to local header; those that tolerate bytes in front or behind find
// another end record. What only they can unpack has to be scanned too. The alternative, to guess each
// program's way of reading, would have to follow all of them; unpacking at every local header covers them at
// once, and an archive that is plain, as nearly all are, is not touched.

namespace scanner {

namespace {

constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;

bool libclamav_unpacks(std::uint16_t method) {
  constexpr std::uint16_t kImploded = 6;
  constexpr std::uint16_t kDeflated64 = 9;
  constexpr std::uint16_t kBzip2 = 12;
  return method == kStored || method == kDeflated || method == kImploded || method == kDeflated64 ||
         method == kBzip2;
}

/// Methods that APPNOTE 4.4.5 has given out. Other bytes than a zip archive may hold a header's signature.
bool is_method(std::uint16_t method) {
  constexpr std::uint16_t kLastOld = 20;
  constexpr std::uint16_t kFirstNew = 93;
  constexpr std::uint16_t kLastNew = 99;
  return method <= kLastOld || (method >= kFirstNew && method <= kLastNew);
}

/// Where the last end record stands that ends with the archive.
std::optional<std::size_t> find_end_record(std::string_view bytes) {
  constexpr std::size_t kLongest = 22 + 65535;
  const std::size_t first = bytes.size() > kLongest ? bytes.size() - kLongest : 0;
  for (std::size_t at = bytes.rfind(zip::kEndRecord); at != std::string_view::npos && at >= first;
       at = bytes.rfind(zip::kEndRecord, at - 1)) {
    const auto record = zip::end_record(bytes, at);
    if (record && record->end == bytes.size()) return at;
    if (at == 0) break;
  }
  return std::nullopt;
}

/// Where the member of `entry` ends; nothing if its local header says otherwise than the directory.
std::optional<std::size_t> end_of_member(std::string_view bytes, const zip::DirectoryEntry& entry) {
  const auto header = zip::local_header(bytes, entry.local_header);
  if (!header || header->name != entry.name || header->method != entry.method ||
      header->flags != entry.flags || (entry.flags & zip::kEncrypted) != 0 ||
      !libclamav_unpacks(entry.method)) {
    return std::nullopt;
  }
  const bool sizes_follow = (header->flags & zip::kSizesFollow) != 0;
  if (header->packed_size != entry.packed_size && !(sizes_follow && header->packed_size == 0))
    return std::nullopt;
  std::size_t end = header->data + entry.packed_size;
  if (sizes_follow) {
    constexpr std::size_t kDescriptor = 12;
    end += kDescriptor;
    if (end > bytes.size()) return std::nullopt;
    if (bytes.substr(end - kDescriptor, zip::kDataDescriptor.size()) == zip::kDataDescriptor) {
      end += zip::kDataDescriptor.size();
    }
  }
  return end;
}

/// Unpacks members within what is left of the limits.
class MemberReader {
 public:
  MemberReader(std::string_view bytes, const std::function<void(std::string_view)>& found,
               MemberBudget& budget)
      : bytes_(bytes), found_(found), budget_(budget) {}

  MemberReading read() {
    for (std::size_t at = bytes_.find(zip::kLocalHeader); at != std::string_view::npos && result_.complete();
         at = bytes_.find(zip::kLocalHeader, at + 1)) {
      const auto header = zip::local_header(bytes_, at);
      if (!header || header->name.empty() || !is_method(header->method)) continue;
      if (--budget_.members < 0) {
        result_.too_many = true;
      } else {
        read_member(*header, at);
      }
    }
    return result_;
  }

 private:
  void read_member(const zip::LocalHeader& header, std::size_t at) {
    bool unpacked = false;
    if (header.method == kStored) {
      read_stored(header);
      unpacked = (header.flags & zip::kEncrypted) == 0;
    } else if (header.method == kDeflated) {
      unpacked = inflate_from(header.data);
    } else {
      unpacked = unpack_by_libarchive(header, at);
      if (!unpacked && (header.flags & zip::kEncrypted) == 0) result_.unknown_method = true;
    }
    if (!unpacked && (header.flags & zip::kEncrypted) != 0) result_.encrypted = true;
  }

  // As long as the header says, and up to the next record whatever it says.
  void read_stored(const zip::LocalHeader& header) {
    const std::string_view rest = bytes_.substr(header.data);
    const std::size_t next = std::min(rest.find("PK"), rest.size());
    std::size_t record = next;
    while (record < rest.size() && !is_record(rest.substr(record))) {
      record = std::min(rest.find("PK", record + 1), rest.size());
    }
    give(rest.substr(0, record));
    if (header.packed_size != record && header.packed_size <= rest.size()) {
      give(rest.substr(0, header.packed_size));
    }
  }

  static bool is_record(std::string_view text) {
    return text.starts_with(zip::kLocalHeader) || text.starts_with(zip::kDirectoryEntry) ||
           text.starts_with(zip::kEndRecord) || text.starts_with(zip::kDataDescriptor);
  }

  void give(std::string_view content) {
    if (content.empty()) return;
    if (take(content.size())) found_(content);
  }

  bool take(std::uint64_t size) {
    if (size > budget_.bytes) {
      budget_.bytes = 0;
      result_.too_large = true;
      return false;
    }
    budget_.bytes -= size;
    return true;
  }

  /// Whether a whole deflate stream stands there. What comes out before a fault counts as well.
  bool inflate_from(std::size_t data) {
    z_stream stream{};
    constexpr int kRawDeflate = -15;
    if (inflateInit2(&stream, kRawDeflate) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_streamp)> ended(&stream, inflateEnd);
    const std::string_view packed = bytes_.substr(data);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write there
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string content;
    int status = Z_OK;
    while (status == Z_OK && content.size() + stream.total_in <= budget_.bytes) {
      constexpr std::size_t kStep = 65536;
      const std::size_t had = content.size();
      content.resize(had + std::max(kStep, had / 2));
      stream.next_out = reinterpret_cast<Bytef*>(content.data() + had);
      stream.avail_out = static_cast<uInt>(content.size() - had);
      status = inflate(&stream, Z_NO_FLUSH);
      content.resize(content.size() - stream.avail_out);
    }
    if (take(stream.total_in)) give(content);
    return status == Z_STREAM_END;
  }

  /// The other methods: the member as an archive of its own, so that libarchive sees no more than it.
  bool unpack_by_libarchive(const zip::LocalHeader& header, std::size_t at) {
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
    if (!reader) throw std::bad_alloc();
    archive_read_support_format_zip_streamable(reader.get());
    if (archive_read_open_memory(reader.get(), bytes_.data() + at, bytes_.size() - at) != ARCHIVE_OK)
      return false;
    archive_entry* entry = nullptr;
    if (archive_read_next_header(reader.get(), &entry) < ARCHIVE_WARN) return false;
    std::string content;
    char buffer[65536];
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader.get(), buffer, sizeof buffer)) > 0 &&
           content.size() <= budget_.bytes) {
      content.append(buffer, static_cast<std::size_t>(got));
    }
    if (take(header.packed_size)) give(content);
    return got == 0;
  }

  std::string_view bytes_;
  const std::function<void(std::string_view)>& found_;
  MemberBudget& budget_;
  MemberReading result_;
};

}  // namespace

bool is_plain_zip(std::string_view bytes) { return plain_zip_members(bytes).has_value(); }

std::optional<std::vector<std::uint64_t>> plain_zip_members(std::string_view bytes) {
  const auto at = find_end_record(bytes);
  if (!at) return std::nullopt;
  const zip::EndRecord end = *zip::end_record(bytes, *at);
  if (std::size_t{end.directory} + end.directory_size != *at) return std::nullopt;
  std::vector<std::pair<std::size_t, std::size_t>> members;
  std::vector<std::uint64_t> sizes;
  std::size_t next = end.directory;
  for (int i = 0; i < end.entries; ++i) {
    const auto entry = zip::directory_entry(bytes, next);
    if (!entry) return std::nullopt;
    next = entry->end;
    const auto member_end = end_of_member(bytes, *entry);
    if (!member_end) return std::nullopt;
    sizes.push_back(entry->unpacked_size);
    members.emplace_back(entry->local_header, *member_end);
  }
  if (next != *at) return std::nullopt;
  std::sort(members.begin(), members.end());
  std::size_t expected = 0;
  for (const auto& [begin, member_end] : members) {
    if (begin != expected) return std::nullopt;
    expected = member_end;
  }
  if (expected != end.directory) return std::nullopt;
  return sizes;
}

MemberReading for_each_zip_member(std::string_view bytes, const std::function<void(std::string_view)>& found,
                                  MemberBudget& budget) {
  return MemberReader(bytes, found, budget).read();
}

}  // namespace scanner
