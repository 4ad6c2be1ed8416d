#include "cgi-bin/seal/secret.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "cgi-bin/seal/base64url.h"
#include "cgi-bin/state/state_error.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
  throw StateError(file.string() + ": " + what + ": " + std::strerror(errno));
}

std::optional<Secret> read_secret(const std::filesystem::path& file) {
  const mail::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) return std::nullopt;
    fail(file, "can't be read");
  }
  Secret secret{};
  errno = 0;
  if (::read(fd.get(), secret.data(), secret.size()) != static_cast<ssize_t>(secret.size())) {
    fail(file, "is no secret of 32 bytes");
  }
  return secret;
}

/// Written whole under another name, then linked: nobody can read half a secret, and the first one stays.
void make_secret(const std::filesystem::path& file) {
  // Of threads as of processes each has a name of its own.
  std::filesystem::path fresh = file;
  fresh += "." + to_base64url(random_bytes(12));
  const std::string bytes = random_bytes(sizeof(Secret));
  const mail::FileDescriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) fail(fresh, "can't be made");
  const bool written = ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                       ::fsync(fd.get()) == 0;
  const bool linked = written && (::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(fresh.c_str());
  errno = error;
  if (!linked) fail(file, "can't be made");
}

}  // namespace

Secret site_secret(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "secret";
  if (const std::optional<Secret> secret = read_secret(file)) return *secret;
  std::error_code error;
  if (!std::filesystem::exists(directory)) {
    std::filesystem::create_directories(directory, error);
    ::chmod(directory.c_str(), 0700);
  }
  make_secret(file);
  if (const std::optional<Secret> secret = read_secret(file)) return *secret;
  fail(file, "can't be made");
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = ::getrandom(bytes.data() + done, count - done, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace formmail
