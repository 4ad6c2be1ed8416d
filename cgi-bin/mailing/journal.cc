#include "cgi-bin/mailing/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "cgi-bin/state/locked_file.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const fs::path& file) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + file.string());
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A process was killed while it wrote.
bool ends_within_a_line(int fd, off_t size) {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

fs::path Journal::taken() const { return file_.string() + ".taken"; }

void Journal::append(std::string line) const {
  line += '\n';
  const mail::FileDescriptor fd = open_locked(file_, O_APPEND);
  struct stat before {};
  if (::fstat(fd.get(), &before) != 0) fail("stat", file_);
  if (ends_within_a_line(fd.get(), before.st_size)) line.insert(0, 1, '\n');
  if (write_all(fd.get(), line)) return;
  const int error = errno;
  // Half a line would spoil the next one, too.
  [[maybe_unused]] const int cut = ::ftruncate(fd.get(), before.st_size);
  errno = error;
  fail("write", file_);
}

bool Journal::is_empty() const {
  struct stat status {};
  return ::stat(file_.c_str(), &status) != 0 && ::stat(taken().c_str(), &status) != 0;
}

std::uintmax_t Journal::size() const {
  struct stat status {};
  return ::stat(file_.c_str(), &status) == 0 ? static_cast<std::uintmax_t>(status.st_size) : 0;
}

/// What a process that ended left in the middle comes first.
void Journal::take_over(const Take& take) const {
  // One at a time: the folder stands for the journal, which has no file that always exists.
  const fs::path folder = file_.parent_path();
  const mail::FileDescriptor alone(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!alone) fail("open", folder);
  lock(alone.get(), folder);
  if (fs::exists(taken())) finish(take);
  if (!fs::exists(file_)) return;
  {
    // Under its lock: whoever waits for it sees that it is gone, and begins another.
    const mail::FileDescriptor writers = open_locked(file_);
    if (::rename(file_.c_str(), taken().c_str()) != 0) fail("rename", file_);
  }
  finish(take);
}

void Journal::finish(const Take& take) const {
  std::ifstream lines(taken(), std::ios::binary);
  if (!lines) fail("open", taken());
  take(lines);
  if (lines.bad()) fail("read", taken());
  if (::unlink(taken().c_str()) != 0) fail("remove", taken());
}

}  // namespace formmail
