#include "scanner/front/next_hop/maildir.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "mail/file_descriptor.h"

namespace scanner {

namespace {

constexpr std::size_t kBuffer = 65536;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Unlike any other in this Maildir: time, process, a count, random bits (Bernstein's "maildir" names).
std::string unique_name(const std::string& hostname) {
  static std::atomic<unsigned> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  unsigned random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) random = 0;
  std::string fraction = std::to_string(microseconds % 1000000);
  fraction.insert(0, 6 - fraction.size(), '0');  // so that names sort by time
  return std::to_string(microseconds / 1000000) + ".M" + fraction + "P" + std::to_string(::getpid()) + "Q" +
         std::to_string(count++) + "R" + std::to_string(random) + "." + hostname;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("writing " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// CRLF becomes LF; a CR alone stays. A segment may end between the two.
void write_with_lf(int fd, const std::vector<std::string_view>& segments, const std::string& path) {
  std::string buffer;
  buffer.reserve(kBuffer * 2);
  bool after_cr = false;
  for (std::string_view rest : segments) {
    while (!rest.empty()) {
      if (after_cr && rest[0] != '\n') buffer += '\r';
      after_cr = false;
      const std::string_view window = rest.substr(0, kBuffer);
      const std::string_view text = window.substr(0, window.find('\r'));
      buffer += text;
      rest.remove_prefix(text.size());
      if (rest.starts_with('\r')) {
        after_cr = true;
        rest.remove_prefix(1);
      }
      if (buffer.size() >= kBuffer) {
        write_all(fd, buffer, path);
        buffer.clear();
      }
    }
  }
  if (after_cr) buffer += '\r';
  write_all(fd, buffer, path);
}

void sync_folder(const std::filesystem::path& folder) {
  const mail::FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail("syncing " + folder.string());
}

}  // namespace

void make_maildir(const std::filesystem::path& folder) {
  for (const char* const part : {"tmp", "new", "cur"}) std::filesystem::create_directories(folder / part);
}

std::string write_to_maildir(const std::filesystem::path& folder, const std::string& hostname,
                             const std::vector<std::string_view>& segments) {
  std::string name = unique_name(hostname);
  const std::filesystem::path draft = folder / "tmp" / name;
  const std::filesystem::path message = folder / "new" / name;
  const mail::FileDescriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) fail("creating " + draft.string());
  try {
    write_with_lf(fd.get(), segments, draft.string());
    if (::fsync(fd.get()) != 0) fail("syncing " + draft.string());
    // link() fails where a file of that name exists; rename() would replace it.
    if (::link(draft.c_str(), message.c_str()) != 0) fail("linking " + message.string());
    ::unlink(draft.c_str());
    try {
      sync_folder(folder / "new");
    } catch (const std::system_error&) {
      ::unlink(message.c_str());
      throw;
    }
  } catch (const std::system_error&) {
    ::unlink(draft.c_str());
    throw;
  }
  return name;
}

}  // namespace scanner
