#include "scanner/quarantine/store.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "mail/ownership.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuffer = 262144;
constexpr std::size_t kIdDigits = 20;
/// What lies in tmp/ longer than this was left by a crash.
constexpr std::int64_t kLongestWriteSeconds = 3600;
constexpr const char* kFolders[] = {"tmp", "new", "cur", "envelopes"};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The digest that names a message.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::system_error(ENOMEM, std::generic_category(), "digest");
    }
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string id() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_DigestFinal_ex(context_.get(), digest, nullptr);
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < kIdDigits / 2; ++i) text += {digits[digest[i] >> 4], digits[digest[i] & 15]};
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("writing " + path.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_folder(const fs::path& folder) {
  const mail::FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail("syncing " + folder.string());
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("renaming " + from.string());
}

/// A file in tmp/ that goes away unless it is moved to its place.
class Draft {
 public:
  explicit Draft(fs::path path)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (!fd_) fail("creating " + path_.string());
  }
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write(std::string_view bytes) { write_all(fd_.get(), bytes, path_); }
  void give_to_owner_of(const fs::path& folder) { mail::give_to_owner_of(folder, fd_.get()); }
  void sync() {
    if (::fsync(fd_.get()) != 0) fail("syncing " + path_.string());
  }
  void move_to(const fs::path& place) {
    rename_file(path_, place);
    path_.clear();
  }

 private:
  fs::path path_;
  mail::FileDescriptor fd_;
};

/// `body_only`: the header is copied and not digested.
void copy(int from, Draft& to, Digest& digest, bool body_only) {
  const auto buffer = std::make_unique<char[]>(kBuffer);
  off_t at = 0;
  while (true) {
    const ssize_t got = ::pread(from, buffer.get(), kBuffer, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("reading the message");
    if (got == 0) return;
    const std::string_view bytes(buffer.get(), static_cast<std::size_t>(got));
    const std::size_t header_end = body_only && at == 0 ? bytes.find("\r\n\r\n") : std::string_view::npos;
    digest.add(header_end == std::string_view::npos ? bytes : bytes.substr(header_end));
    to.write(bytes);
    at += got;
  }
}

/// No text of a person's may become a path.
bool is_id(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The ID in the name of a file in new/ or cur/; a mail program adds ":2,FLAGS".
std::string id_of_file(const std::string& file_name) { return file_name.substr(0, file_name.find(':')); }

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(folder)) names.push_back(file.path().filename().string());
  return names;
}

/// A file may go while a folder is read: another process uses the quarantine too.
void unlink_if_there(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("removing " + path.string());
}

}  // namespace

QuarantineStore QuarantineStore::make(const fs::path& directory) {
  const auto make_folder = [](const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail("making " + folder.string());
  };
  make_folder(directory);
  for (const char* const folder : kFolders) make_folder(directory / folder);
  QuarantineStore store(directory);
  Draft(store.draft_path()).write("\n");
  return store;
}

QuarantineStore::QuarantineStore(fs::path directory) : directory_(std::move(directory)) {
  for (const char* const folder : kFolders) {
    if (::access((directory_ / folder).c_str(), R_OK | W_OK | X_OK) != 0) {
      fail("opening " + (directory_ / folder).string());
    }
  }
}

fs::path QuarantineStore::draft_path() const {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) fail("getrandom");
  return directory_ / "tmp" /
         (std::to_string(std::time(nullptr)) + ".P" + std::to_string(::getpid()) + "R" +
          std::to_string(random));
}

fs::path QuarantineStore::envelope_path(const std::string& id) const {
  return directory_ / "envelopes" / (id + ".json");
}

fs::path QuarantineStore::message_path(const std::string& id) const {
  if (!is_id(id)) throw std::system_error(ENOENT, std::generic_category(), "no message");
  fs::path path = directory_ / "new" / id;
  if (::access(path.c_str(), F_OK) == 0) return path;
  for (const std::string& name : names_in(directory_ / "cur")) {
    if (id_of_file(name) == id) return directory_ / "cur" / name;
  }
  return path;
}

QuarantineStore::Kept QuarantineStore::keep(int fd, QuarantineEntry entry) const {
  Draft draft(draft_path());
  Digest digest;
  digest.add(entry.envelope.mail_command + '\n');
  for (const std::string& command : entry.envelope.recipient_commands) digest.add(command + '\n');
  // Who is told to try again comes with the same body under new Received lines, as often as it likes.
  copy(fd, draft, digest, entry.set_aside);
  entry.id = digest.id();
  if (has(entry.id)) return {entry.id, false};

  draft.sync();
  write_envelope(entry);
  draft.move_to(directory_ / "new" / entry.id);
  sync_folder(directory_ / "new");
  return {entry.id, true};
}

void QuarantineStore::write_envelope(const QuarantineEntry& entry) const {
  Draft draft(draft_path());
  draft.write(to_json(entry).dump(1) + "\n");
  draft.give_to_owner_of(directory_ / "envelopes");
  draft.sync();
  draft.move_to(envelope_path(entry.id));
  sync_folder(directory_ / "envelopes");
}

std::vector<QuarantineStore::Item> QuarantineStore::items() const {
  std::vector<Item> items;
  for (const char* const folder : {"new", "cur"}) {
    for (const std::string& name : names_in(directory_ / folder)) {
      struct stat status {};
      if (!is_id(id_of_file(name)) || ::stat((directory_ / folder / name).c_str(), &status) != 0) continue;
      items.push_back({id_of_file(name), status.st_mtime, static_cast<std::uint64_t>(status.st_size)});
    }
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
  return items;
}

std::vector<QuarantineEntry> QuarantineStore::list() const {
  std::vector<QuarantineEntry> entries;
  for (const Item& item : items()) {
    try {
      entries.push_back(read(item.id));
    } catch (const std::exception&) {
      QuarantineEntry entry;
      entry.id = item.id;
      entry.time = item.time;
      entry.size = item.size;
      entry.reason = "its envelope is missing";
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

bool QuarantineStore::has(const std::string& id) const {
  return is_id(id) && ::access(message_path(id).c_str(), F_OK) == 0;
}

QuarantineEntry QuarantineStore::read(const std::string& id) const {
  errno = ENOENT;
  std::ifstream file(is_id(id) ? envelope_path(id) : fs::path());
  if (!file) fail("reading the envelope of " + id);
  return entry_of_json(nlohmann::json::parse(file, nullptr, false));
}

mail::FileDescriptor QuarantineStore::open_message(const std::string& id) const {
  mail::FileDescriptor fd(::open(message_path(id).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail("opening " + id);
  return fd;
}

void QuarantineStore::update(const QuarantineEntry& entry) const { write_envelope(entry); }

void QuarantineStore::remove(const std::string& id) const {
  // The message first: an envelope alone is no entry and is swept, a message alone could not be released.
  unlink_if_there(message_path(id));
  unlink_if_there(envelope_path(id));
}

QuarantineStore::Usage QuarantineStore::sweep(std::int64_t oldest, std::uint64_t most_bytes) const {
  const std::vector<Item> all = items();
  remove_leftovers(all);
  Usage usage;
  for (const Item& item : all) usage.bytes += item.size;
  usage.messages = all.size();
  for (const Item& item : all) {
    if (item.time >= oldest && usage.bytes <= most_bytes) break;
    remove(item.id);
    usage.bytes -= item.size;
    --usage.messages;
  }
  return usage;
}

void QuarantineStore::remove_leftovers(const std::vector<Item>& items) const {
  std::set<std::string> ids;
  for (const Item& item : items) ids.insert(item.id);
  const std::int64_t before = std::time(nullptr) - kLongestWriteSeconds;
  const auto remove_old = [&](const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && status.st_mtime < before) unlink_if_there(path);
  };
  for (const std::string& name : names_in(directory_ / "tmp")) remove_old(directory_ / "tmp" / name);
  for (const std::string& name : names_in(directory_ / "envelopes")) {
    if (!ids.contains(fs::path(name).stem().string())) remove_old(directory_ / "envelopes" / name);
  }
}

}  // namespace scanner
