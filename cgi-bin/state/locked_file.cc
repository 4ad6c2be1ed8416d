#include "cgi-bin/state/locked_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "mail/ownership.h"

namespace formmail {

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + file.string());
}

}  // namespace

mail::FileDescriptor open_own_file(const std::filesystem::path& file, int flags) {
  flags |= O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  mail::FileDescriptor fd(::open(file.c_str(), flags));
  if (fd) return fd;
  if (errno == ENOENT) fd.reset(::open(file.c_str(), flags | O_CREAT, 0600));
  if (!fd) fail("open", file);
  mail::give_to_owner_of(file.parent_path(), fd.get());
  return fd;
}

bool is_at(int fd, const std::filesystem::path& path) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

void lock(int fd, const std::filesystem::path& file) {
  while (::flock(fd, LOCK_EX) != 0)
    if (errno != EINTR) fail("lock", file);
}

mail::FileDescriptor open_locked(const std::filesystem::path& file, int flags) {
  for (;;) {
    mail::FileDescriptor fd = open_own_file(file, flags);
    lock(fd.get(), file);
    if (is_at(fd.get(), file)) return fd;
  }
}

}  // namespace formmail
