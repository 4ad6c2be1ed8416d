#include "scanner/engine/archive/archive_readings.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string>

#include "scanner/engine/archive/arj_members.h"
#include "scanner/engine/archive/packed_stream.h"
#include "scanner/engine/limits.h"

// What libclamav 1.4 leaves unread without a word, found by trying each kind: all of an xz or bzip2 file with
// a wrong checksum or without its last bytes, members of zip, CAB, LHA and ARJ beyond its file size, 7z
// members packed with bzip2 or deflate or encrypted, garbled ARJ members; and compress, lzma, lzip, zstd,
// lz4, lzop and ar whole. Of the first it is asked to account for each member that the archive lists; the
// others, and what it can't account for, are unpacked here.

namespace scanner {

namespace {

struct Mark {
  std::size_t at;
  std::string_view bytes;
  ArchiveKind kind;
};

constexpr std::array<Mark, 14> kMarks = {{
    {0, "MSCF", ArchiveKind::listed},
    {0, "7z\xbc\xaf\x27\x1c", ArchiveKind::listed},
    {2, "-lh", ArchiveKind::listed},
    {2, "-lz", ArchiveKind::listed},
    {0, "BZh", ArchiveKind::listed},
    {0,
     "\xfd"
     "7zXZ",
     ArchiveKind::listed},
    {0, "\x1f\x9d", ArchiveKind::unread},
    {0, std::string_view("\x5d\0\0", 3), ArchiveKind::unread},
    {0, "LZIP", ArchiveKind::unread},
    {0, "\x28\xb5\x2f\xfd", ArchiveKind::unread},
    {0, "\x04\x22\x4d\x18", ArchiveKind::unread},
    {0, std::string_view("\x89LZO\0\r\n\x1a\n", 9), ArchiveKind::unread},
    {0, "!<arch>\n", ArchiveKind::unread},
    {0, "Rar!\x1a\x07", ArchiveKind::unread},
}};

/// Two bytes are no proof that an archive follows.
bool has_weak_mark(std::string_view bytes) { return bytes.starts_with("\x1f\x9d"); }

/// The members of an archive, one after the other.
class Members {
 public:
  explicit Members(std::string_view bytes) : reader_(archive_read_new(), archive_read_free) {
    if (!reader_) throw std::bad_alloc();
    // One by one: libarchive's "all" has filters that start programs.
    for (const auto support :
         {archive_read_support_filter_bzip2, archive_read_support_filter_compress,
          archive_read_support_filter_gzip, archive_read_support_filter_lz4, archive_read_support_filter_lzip,
          archive_read_support_filter_lzma, archive_read_support_filter_xz, archive_read_support_filter_zstd,
          archive_read_support_format_7zip, archive_read_support_format_ar, archive_read_support_format_cab,
          archive_read_support_format_cpio, archive_read_support_format_lha, archive_read_support_format_rar,
          archive_read_support_format_rar5, archive_read_support_format_tar,
          archive_read_support_format_raw}) {
      support(reader_.get());
    }
    status_ = archive_read_open_memory(reader_.get(), bytes.data(), bytes.size());
  }

  bool next() {
    if (status_ != ARCHIVE_OK && status_ != ARCHIVE_WARN) return false;
    status_ = archive_read_next_header(reader_.get(), &entry_);
    if (status_ != ARCHIVE_OK && status_ != ARCHIVE_WARN) return false;
    // Bytes that are no archive at all are one "raw" member to libarchive.
    const bool bare =
        archive_format(reader_.get()) == ARCHIVE_FORMAT_RAW && archive_filter_count(reader_.get()) <= 1;
    if (bare) status_ = ARCHIVE_FATAL;
    return !bare;
  }

  /// After next() was false: not because the end was reached.
  bool damaged() const { return status_ != ARCHIVE_EOF; }
  bool any_encrypted() const { return archive_read_has_encrypted_entries(reader_.get()) > 0; }

  // The member at hand.
  bool is_file() const { return archive_entry_filetype(entry_) == AE_IFREG; }
  bool is_encrypted() const { return archive_entry_is_encrypted(entry_) != 0; }
  std::uint64_t size() const {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry_), 0));
  }

  enum class End : std::uint8_t { whole, too_large, unreadable };
  /// Unpacks it, but not much more than `most`.
  End read(std::string& content, std::uint64_t most) {
    std::array<char, 65536> buffer{};
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader_.get(), buffer.data(), buffer.size())) > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(got));
      if (content.size() > most) return End::too_large;
    }
    return got < 0 ? End::unreadable : End::whole;
  }

 private:
  std::unique_ptr<archive, int (*)(archive*)> reader_;
  archive_entry* entry_ = nullptr;
  int status_ = ARCHIVE_OK;
};

}  // namespace

ArchiveKind archive_kind(std::string_view bytes) {
  if (is_arj(bytes)) return ArchiveKind::listed;
  const auto* const mark = std::find_if(kMarks.begin(), kMarks.end(), [&](const Mark& each) {
    return bytes.size() > each.at && bytes.substr(each.at).starts_with(each.bytes);
  });
  return mark == kMarks.end() ? ArchiveKind::other : mark->kind;
}

MemberList list_members(std::string_view bytes) {
  if (is_arj(bytes)) return list_arj_members(bytes);
  MemberList list;
  if (is_packed_stream(bytes)) {
    const UnpackedStream unpacked = unpack_stream(bytes, limits::kFileBytes);
    list.sizes.push_back(unpacked.bytes.size());
    list.complete = !unpacked.too_large;
    return list;
  }
  Members members(bytes);
  // To pass over a member of a 7z means to unpack it.
  MemberBudget left{limits::kScanBytes, limits::kFiles};
  while (members.next()) {
    if (members.is_encrypted()) list.encrypted = true;
    if (members.is_file()) list.sizes.push_back(members.size());
    if (--left.members < 0 || members.size() > left.bytes) {
      list.complete = false;
      return list;
    }
    left.bytes -= members.size();
  }
  if (members.any_encrypted()) list.encrypted = true;
  if (members.damaged()) list.complete = false;
  return list;
}

MemberReading for_each_archive_member(std::string_view bytes,
                                      const std::function<void(std::string_view)>& found,
                                      MemberBudget& budget) {
  MemberReading result;
  Members members(bytes);
  bool any = false;
  while (result.complete() && members.next()) {
    std::string content;
    const Members::End end = members.read(content, budget.bytes);
    if (end == Members::End::too_large) result.too_large = true;
    if (--budget.members < 0) result.too_many = true;
    if (end == Members::End::unreadable)
      (members.is_encrypted() ? result.encrypted : result.unknown_method) = true;
    budget.bytes -= std::min<std::uint64_t>(content.size(), budget.bytes);
    any = any || !content.empty();
    if (!content.empty()) found(content);
  }
  if (!any && has_weak_mark(bytes)) return {};
  if (members.any_encrypted()) result.encrypted = true;
  if (result.complete() && members.damaged() && !result.encrypted) result.unknown_method = true;
  return result;
}

}  // namespace scanner
