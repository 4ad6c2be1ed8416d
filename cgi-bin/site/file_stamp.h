#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace formmail {

/// What tells one state of a file from the next without reading it.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;  ///< ctime: rights that changed may make it readable
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Nothing where there is no such regular file.
std::optional<FileStamp> stamp_of(const std::filesystem::path& file);

}  // namespace formmail
