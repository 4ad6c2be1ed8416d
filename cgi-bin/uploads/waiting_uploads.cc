#include "cgi-bin/uploads/waiting_uploads.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <system_error>

#include "cgi-bin/seal/base64url.h"
#include "cgi-bin/seal/secret.h"

namespace formmail {

namespace {

/// A key is "CLIENT.RANDOM": the first part only tells whose quota the file counts for.
std::string client_prefix(std::string_view client) {
  return std::to_string(std::hash<std::string_view>{}(client)) + ".";
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() < 100 && !key.starts_with('.') &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                  c == '_' || c == '.';
         });
}

/// What a file takes of the quotas. A small one takes an inode, and time to be found again by each later
/// request.
std::int64_t share(std::int64_t size) {
  constexpr std::int64_t kLeast = 65536;
  return std::max(size, kLeast);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

WaitingUploads::WaitingUploads(const Settings& settings)
    : folder_(settings.outbox_directory / "uploads"),
      most_bytes_(settings.max_waiting_upload_bytes),
      most_bytes_per_client_(settings.max_waiting_upload_bytes_per_client),
      // A page that was opened at the last moment keeps its files as long again.
      oldest_(std::chrono::minutes(settings.confirm_expires_minutes) * 2) {}

std::filesystem::path WaitingUploads::file_of(std::string_view key) const {
  return is_key(key) ? folder_ / std::string(key) : std::filesystem::path();
}

WaitingUploads::Usage WaitingUploads::sweep_and_count(std::string_view prefix) const {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  Usage usage;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) != 0) continue;
    // One from as far in the future has waited since before the clock was set back.
    if (std::abs(status.st_mtime - now) > oldest_.count()) {
      ::unlink(entry.path().c_str());
      continue;
    }
    usage.bytes += share(status.st_size);
    if (entry.path().filename().string().starts_with(prefix)) usage.bytes_of_client += share(status.st_size);
  }
  return usage;
}

void WaitingUploads::sweep() const { sweep_and_count(""); }

std::optional<std::string> WaitingUploads::keep(std::string_view bytes, std::string_view client,
                                                std::string& why) {
  ::mkdir(folder_.c_str(), 0700);
  const std::string prefix = client_prefix(client);
  std::string key = prefix + to_base64url(random_bytes(18));
  const std::filesystem::path file = file_of(key);
  const mail::FileDescriptor fd = reserve(file, prefix, static_cast<std::int64_t>(bytes.size()), why);
  if (!fd) return std::nullopt;
  if (write_all(fd.get(), bytes)) return key;
  why = std::generic_category().message(errno);
  ::unlink(file.c_str());
  return std::nullopt;
}

/// A file that counts as its whole size from now on, though nothing is written yet: so those who upload at
/// the same time wait for each other's counting alone. Nothing, and `why`, where there is no room.
mail::FileDescriptor WaitingUploads::reserve(const std::filesystem::path& file, std::string_view prefix,
                                             std::int64_t size, std::string& why) const {
  const mail::FileDescriptor alone(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (alone && ::flock(alone.get(), LOCK_EX) != 0 && errno == EINTR) continue;
  const Usage usage = sweep_and_count(prefix);
  if (usage.bytes + share(size) > most_bytes_) {
    why = "max_waiting_upload_bytes is reached";
    return {};
  }
  if (usage.bytes_of_client + share(size) > most_bytes_per_client_) {
    why = "max_waiting_upload_bytes_per_client is reached";
    return {};
  }
  mail::FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd && ::ftruncate(fd.get(), size) == 0) return fd;
  why = std::generic_category().message(errno);
  if (fd) ::unlink(file.c_str());
  return {};
}

std::optional<std::string> WaitingUploads::read(std::string_view key) const {
  const mail::FileDescriptor fd(::open(file_of(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

bool WaitingUploads::renew(std::string_view key) const {
  return ::utimensat(AT_FDCWD, file_of(key).c_str(), nullptr, 0) == 0;
}

void WaitingUploads::remove(std::string_view key) const {
  const std::filesystem::path file = file_of(key);
  if (!file.empty()) ::unlink(file.c_str());
}

}  // namespace formmail
