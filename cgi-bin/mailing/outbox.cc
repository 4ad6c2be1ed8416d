#include "cgi-bin/mailing/outbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

#include "cgi-bin/mailing/outbox_format.h"
#include "cgi-bin/state/locked_file.h"
#include "mail/ownership.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), what + " " + path.string());
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(int fd, const fs::path& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fail("stat", path);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = pread(fd, bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

void sync_folder(const fs::path& folder) {
  const mail::FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) fail("open", folder);
  if (fsync(fd.get()) != 0) fail("fsync", folder);
}

/// Makes the folder, and lets its name reach the disk with it.
void make_folder(const fs::path& folder) {
  if (mail::make_private_folder(folder)) sync_folder(folder.parent_path());
}

void set_time(int fd, std::chrono::system_clock::time_point time, const fs::path& path) {
  const timespec seconds{std::chrono::system_clock::to_time_t(time), 0};
  const std::array times{seconds, seconds};
  if (futimens(fd, times.data()) != 0) fail("set time of", path);
}

/// Who is in both is taken once.
void add_recipients(OutboxEntry& entry, const OutboxEntry& other) {
  auto& recipients = entry.envelope.recipients;
  for (const mail::Address& recipient : other.envelope.recipients) {
    const auto same = [&](const mail::Address& known) { return known.same_mailbox(recipient); };
    if (std::ranges::none_of(recipients, same)) recipients.push_back(recipient);
  }
}

/// A new file that goes unless it is kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {
    fd_.reset(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) fail("create", path_);
    mail::give_to_owner_of(path_.parent_path(), fd_.get());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }

  void write(std::string_view bytes) { write_all(fd_.get(), bytes, path_); }

  void keep_as(const fs::path& name, std::chrono::system_clock::time_point time) {
    set_time(fd_.get(), time, path_);
    if (fsync(fd_.get()) != 0) fail("fsync", path_);
    if (rename(path_.c_str(), name.c_str()) != 0) fail("rename", path_);
    path_.clear();
  }

 private:
  fs::path path_;
  mail::FileDescriptor fd_;
};

}  // namespace

bool is_outbox_id(std::string_view id) {
  return !id.empty() && id.size() <= 200 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

fs::path Outbox::folder(Folder folder) const {
  return directory_ / (folder == Folder::queue ? "queue" : "failed");
}

fs::path Outbox::path(Folder where, const std::string& id) const {
  if (!is_outbox_id(id)) throw std::invalid_argument("no outbox id: " + id);
  return folder(where) / id;
}

void Outbox::store(Folder where, const OutboxEntry& entry) const {
  const fs::path name = path(where, entry.id);
  make_folder(name.parent_path());
  TemporaryFile file(name.parent_path() / ("." + entry.id + "." + std::to_string(getpid())));
  file.write(envelope_lines(entry));
  file.write(entry.message);
  file.keep_as(name, entry.next_attempt);
  sync_folder(name.parent_path());
}

/// The lock under which entries come into failed and leave it. Not the entry's, which store() replaces.
mail::FileDescriptor Outbox::locked_failed() const {
  const fs::path path = folder(Folder::failed);
  make_folder(path);
  mail::FileDescriptor fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) fail("open", path);
  lock(fd.get(), path);
  return fd;
}

void Outbox::add_failed(OutboxEntry entry) const {
  const mail::FileDescriptor alone = locked_failed();
  try {
    if (const auto earlier = read(Folder::failed, entry.id)) add_recipients(entry, *earlier);
  } catch (const NotAnEntry&) {
    // What can't be read goes: this entry is whole.
  }
  store(Folder::failed, entry);
}

bool Outbox::revive(const std::string& id, std::chrono::system_clock::time_point now) const {
  if (!fs::exists(path(Folder::failed, id))) return true;
  const mail::FileDescriptor alone = locked_failed();
  auto entry = read(Folder::failed, id);
  if (!entry) return true;
  entry->attempts = 0;
  entry->submitted = now;
  // Claimed until its file is replaced: whoever came before works on the recipients that it read.
  const auto waiting = claim(id);
  if (!waiting && fs::exists(path(Folder::queue, id))) return false;
  if (waiting) add_recipients(*entry, waiting->entry);
  store(Folder::queue, *entry);
  remove(Folder::failed, id);
  return true;
}

std::vector<Outbox::Listed> Outbox::list(Folder where) const {
  std::vector<Listed> found;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder(where), error)) {
    struct stat status {};
    const std::string id = file.path().filename().string();
    if (!is_outbox_id(id) || stat(file.path().c_str(), &status) != 0) continue;
    found.push_back({id, std::chrono::system_clock::from_time_t(status.st_mtime)});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw std::system_error(error, folder(where).string());
  std::ranges::sort(found, {}, &Listed::next_attempt);
  return found;
}

std::optional<std::chrono::system_clock::time_point> Outbox::oldest(Folder where) const {
  std::optional<std::chrono::system_clock::time_point> oldest;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder(where), error)) {
    if (!is_outbox_id(file.path().filename().string())) continue;
    const mail::FileDescriptor fd(open(file.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    std::array<char, 65536> head;
    const ssize_t size = fd ? pread(fd.get(), head.data(), head.size(), 0) : 0;
    if (size <= 0) continue;  // sent just now
    try {
      const auto submitted = time_submitted({head.data(), static_cast<std::size_t>(size)});
      if (submitted && (!oldest || *submitted < *oldest)) oldest = submitted;
    } catch (const std::runtime_error&) {
      continue;  // no entry: whoever retries it says so
    }
  }
  return oldest;
}

std::optional<OutboxEntry> Outbox::read(Folder where, const std::string& id) const {
  const fs::path name = path(where, id);
  const mail::FileDescriptor fd(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) fail("open", name);
  OutboxEntry entry = parse_entry(read_all(fd.get(), name));
  entry.id = id;
  return entry;
}

bool Outbox::remove(Folder where, const std::string& id) const {
  const fs::path name = path(where, id);
  if (unlink(name.c_str()) != 0) {
    if (errno == ENOENT) return false;
    fail("remove", name);
  }
  sync_folder(name.parent_path());
  return true;
}

bool Outbox::is_queued(const std::string& id) const {
  const fs::path name = path(Folder::queue, id);
  if (!fs::exists(name)) return false;
  sync_folder(name.parent_path());  // whoever wrote it may have been killed before it did
  return true;
}

Outbox::Removal Outbox::remove_idle(const std::string& id) const {
  Removal removal = Removal::absent;
  if (fs::exists(path(Folder::failed, id))) {
    const mail::FileDescriptor alone = locked_failed();
    if (remove(Folder::failed, id)) removal = Removal::removed;
  }
  if (!fs::exists(path(Folder::queue, id))) return removal;
  const mail::FileDescriptor entry = locked_entry(id);
  if (!entry) return Removal::busy;
  return remove(Folder::queue, id) ? Removal::removed : removal;
}

void Outbox::put_off(const std::string& id, std::chrono::system_clock::time_point next_attempt) const {
  const timespec seconds{std::chrono::system_clock::to_time_t(next_attempt), 0};
  const std::array times{seconds, seconds};
  utimensat(AT_FDCWD, path(Folder::queue, id).c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
}

/// An entry of the queue that nobody else works on. None if there is no such entry, or somebody does.
mail::FileDescriptor Outbox::locked_entry(const std::string& id) const {
  const fs::path name = path(Folder::queue, id);
  mail::FileDescriptor fd(open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return {};
  if (!fd) fail("open", name);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !is_at(fd.get(), name)) return {};
  return fd;
}

std::optional<Outbox::Claim> Outbox::claim(const std::string& id) const {
  Claim claim;
  claim.lock_ = locked_entry(id);
  if (!claim.lock_) return std::nullopt;
  claim.entry = parse_entry(read_all(claim.lock_.get(), path(Folder::queue, id)));
  claim.entry.id = id;
  return claim;
}

void Outbox::strike(const Claim& claim, const std::vector<mail::Address>& delivered,
                    std::chrono::system_clock::time_point next_attempt) const {
  const fs::path name = path(Folder::queue, claim.entry.id);
  const int fd = claim.lock_.get();
  const std::string file = read_all(fd, name);
  for (const mail::Address& address : delivered) {
    const auto place = place_of_recipient(file, address);
    if (place && pwrite(fd, kStruck.data(), kStruck.size(), static_cast<off_t>(*place)) < 0)
      fail("write", name);
  }
  if (fsync(fd) != 0) fail("fsync", name);
  set_time(fd, next_attempt, name);
}

void Outbox::sweep() const {
  constexpr std::time_t kOld = 3600;
  const std::time_t now = std::time(nullptr);
  for (const Folder where : {Folder::queue, Folder::failed}) {
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder(where), error)) {
      struct stat status {};
      const bool unfinished = file.path().filename().string().starts_with('.');
      if (!unfinished || stat(file.path().c_str(), &status) != 0) continue;
      if (status.st_mtime + kOld < now) unlink(file.path().c_str());
    }
  }
}

}  // namespace formmail
