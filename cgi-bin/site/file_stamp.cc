#include "cgi-bin/site/file_stamp.h"

#include <sys/stat.h>

namespace formmail {

std::optional<FileStamp> stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  constexpr std::int64_t kSecond = 1000000000;
  return FileStamp{status.st_ino, status.st_size, status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec};
}

}  // namespace formmail
