#include "scanner/engine/mail_signatures.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string_view>

#include "mail/file_descriptor.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMailType = "CL_TYPE_MAIL";
constexpr off_t kCvdHeader = 512;

/// Lines of a signature file that comes in pieces.
class LineSearch {
 public:
  explicit LineSearch(bool names) : names_(names) {}

  /// Whether a line, up to here, is bound to mail.
  bool feed(std::string_view bytes) {
    rest_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', begin)) != rest_.npos; begin = end + 1) {
      if (is_bound(std::string_view(rest_).substr(begin, end - begin))) return true;
    }
    rest_.erase(0, begin);
    return false;
  }
  bool finish() const { return is_bound(rest_); }

 private:
  bool is_bound(std::string_view line) const {
    if (!names_) return line.find(kMailType) != line.npos;
    // NAME:CONTAINER:...
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return false;
    const std::string_view container = line.substr(colon + 1, line.find(':', colon + 1) - colon - 1);
    return container == "*" || container == kMailType;
  }

  bool names_;
  std::string rest_;
};

bool is_searched(const std::string& suffix) {
  return suffix == ".cdb" || suffix == ".ldb" || suffix == ".ldu" || suffix == ".cbc";
}

/// Feeds what `read` gives: the number of bytes it put into the buffer, 0 at the end, less for an error.
bool search(const std::string& suffix, const std::function<ssize_t(char*, std::size_t)>& read) {
  LineSearch lines(suffix == ".cdb");
  std::string buffer(std::size_t{1} << 18, '\0');
  while (true) {
    const ssize_t got = read(buffer.data(), buffer.size());
    if (got < 0) return true;
    if (got == 0) return lines.finish();
    if (lines.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)))) return true;
  }
}

struct CloseArchive {
  void operator()(archive* open) const { archive_read_free(open); }
};

/// .cvd and .cld: 512 bytes of header, then a tar file, mostly compressed.
bool search_container(int fd) {
  if (::lseek(fd, kCvdHeader, SEEK_SET) != kCvdHeader) return true;
  const std::unique_ptr<archive, CloseArchive> tar(archive_read_new());
  archive_read_support_filter_gzip(tar.get());
  archive_read_support_format_tar(tar.get());
  if (archive_read_open_fd(tar.get(), fd, std::size_t{1} << 18) != ARCHIVE_OK) return true;
  archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = archive_read_next_header(tar.get(), &entry)) == ARCHIVE_OK) {
    const std::string suffix = fs::path(archive_entry_pathname(entry)).extension().string();
    if (!is_searched(suffix)) continue;
    if (search(suffix, [&](char* to, std::size_t size) { return archive_read_data(tar.get(), to, size); })) {
      return true;
    }
  }
  return result != ARCHIVE_EOF;
}

bool search_file(const fs::path& file) {
  const std::string suffix = file.extension().string();
  const bool container = suffix == ".cvd" || suffix == ".cld" || suffix == ".cud";
  if (!container && !is_searched(suffix)) return false;
  const mail::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return true;
  if (container) return search_container(fd.get());
  return search(suffix, [&](char* to, std::size_t size) { return ::read(fd.get(), to, size); });
}

}  // namespace

bool have_mail_bound_signatures(const SignatureSets& sets) {
  for (const fs::path& path : sets.paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (search_file(path)) return true;
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      if (search_file(entry.path())) return true;
    }
  }
  return false;
}

}  // namespace scanner
