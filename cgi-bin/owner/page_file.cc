#include "cgi-bin/owner/page_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "cgi-bin/html/page_charset.h"
#include "cgi-bin/owner/surroundings.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// As the old file was, so that who could read it still can.
void take_over(int descriptor, const std::filesystem::path& file) {
  struct stat old {};
  if (::lstat(file.c_str(), &old) != 0 || !S_ISREG(old.st_mode)) {
    // A new page or configuration is to be read by the servers.
    if (::fchmod(descriptor, 0644) != 0) fail(file);
    return;
  }
  // Not allowed but to root: then the file is its writer's, as with any editor.
  if (::fchown(descriptor, old.st_uid, old.st_gid) != 0 && errno != EPERM) fail(file);
  if (::fchmod(descriptor, old.st_mode & 07777) != 0) fail(file);
}

}  // namespace

std::string read_page_file(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw OwnerError(file.string() + ": is a folder; expected an HTML page");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw OwnerError(file.string() + ": " + std::strerror(errno));
  std::string bytes;
  while (stream && bytes.size() <= kLongestPage) {
    const std::size_t before = bytes.size();
    bytes.resize(before + 65536);
    stream.read(bytes.data() + before, 65536);
    bytes.resize(before + static_cast<std::size_t>(stream.gcount()));
  }
  if (bytes.size() > kLongestPage) throw OwnerError(file.string() + ": is longer than 8 megabytes; no page?");
  if (is_wide(bytes)) throw OwnerError(file.string() + ": is in UTF-16 or no text; save it as UTF-8");
  return bytes;
}

void replace_file(const std::filesystem::path& file, const std::string& bytes) {
  write_file(std::filesystem::weakly_canonical(file), bytes);
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::string pattern = file.string() + ".XXXXXX";
  const mail::FileDescriptor descriptor(::mkostemp(pattern.data(), O_CLOEXEC));
  if (descriptor.get() < 0) fail(file);
  try {
    write_all(descriptor.get(), bytes, file);
    take_over(descriptor.get(), file);
    if (::fsync(descriptor.get()) != 0) fail(file);
    if (::rename(pattern.c_str(), file.c_str()) != 0) fail(file);
  } catch (...) {
    ::unlink(pattern.c_str());
    throw;
  }
}

}  // namespace formmail
