#include "cgi-bin/webhook/hook_queue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "cgi-bin/mailing/outbox.h"
#include "mail/ownership.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::system_clock;

[[noreturn]] void fail(const fs::path& path, int error = errno) {
  throw std::system_error(error, std::generic_category(), path.string());
}

std::string content_of(const mail::FileDescriptor& file, const fs::path& path) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string as_file(const WaitingHook& hook) {
  const json entry = {{"site", hook.site},         {"profile", hook.profile},
                      {"attempts", hook.attempts}, {"submitted", system_clock::to_time_t(hook.submitted)},
                      {"reason", hook.reason},     {"body", hook.body}};
  return entry.dump(-1, ' ', false, json::error_handler_t::replace);
}

WaitingHook from_file(const std::string& id, const mail::FileDescriptor& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path);
  const json read = json::parse(content_of(file, path));
  return {id,
          read.at("site"),
          read.at("profile"),
          read.at("body"),
          system_clock::from_time_t(read.at("submitted").get<std::time_t>()),
          system_clock::from_time_t(status.st_mtime),
          read.at("attempts"),
          read.value("reason", "")};
}

/// Whether the open file is still the one at `path`: one that was stored anew is another.
bool is_at(const mail::FileDescriptor& file, const fs::path& path) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(file.get(), &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino;
}

}  // namespace

void HookQueue::store(const WaitingHook& hook) const {
  mail::make_private_folder(folder_);
  const fs::path name = folder_ / hook.id;
  const fs::path fresh = folder_ / ("." + hook.id + "." + std::to_string(::getpid()));
  const std::string bytes = as_file(hook);
  const mail::FileDescriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) fail(fresh);
  mail::give_to_owner_of(folder_, file.get());
  const timespec seconds{system_clock::to_time_t(hook.next_attempt), 0};
  const std::array times{seconds, seconds};
  const bool written = ::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (!written || ::futimens(file.get(), times.data()) != 0 || ::fsync(file.get()) != 0 ||
      ::rename(fresh.c_str(), name.c_str()) != 0) {
    const int error = written ? errno : ENOSPC;
    ::unlink(fresh.c_str());
    fail(name, error);
  }
  const mail::FileDescriptor directory(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) fail(folder_);
}

std::vector<HookQueue::Listed> HookQueue::list() const {
  std::vector<Listed> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    struct stat status {};
    const std::string id = entry.path().filename().string();
    if (!is_outbox_id(id) || ::stat(entry.path().c_str(), &status) != 0) continue;
    found.push_back({id, system_clock::from_time_t(status.st_mtime)});
  }
  std::ranges::sort(found, std::ranges::greater(), &Listed::next_attempt);
  return found;
}

std::optional<WaitingHook> HookQueue::read(const std::string& id) const {
  const fs::path name = folder_ / id;
  const mail::FileDescriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) fail(name);
  return from_file(id, file, name);
}

void HookQueue::postpone(const std::string& id, system_clock::time_point until) const {
  const timespec seconds{system_clock::to_time_t(until), 0};
  const std::array times{seconds, seconds};
  ::utimensat(AT_FDCWD, (folder_ / id).c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
}

bool HookQueue::remove(const std::string& id) const {
  const fs::path name = folder_ / id;
  if (::unlink(name.c_str()) == 0) return true;
  if (errno != ENOENT) fail(name);
  return false;
}

std::optional<HookQueue::Claim> HookQueue::claim(const std::string& id) const {
  const fs::path name = folder_ / id;
  mail::FileDescriptor lock(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!lock && errno == ENOENT) return std::nullopt;
  if (!lock) fail(name);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || !is_at(lock, name)) return std::nullopt;
  WaitingHook hook = from_file(id, lock, name);
  return Claim{std::move(hook), std::move(lock)};
}

}  // namespace formmail
