#include "scanner/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <system_error>

#include "mail/log.h"
#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

/// Whether a folder never was one to write in; any other trouble may pass: no room, a disk that went
/// read-only.
bool is_mistake(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM || error == ENAMETOOLONG ||
         error == ELOOP;
}

// Between making a folder and locking it nobody may take it for abandoned.
constexpr time_t kAbandonedSeconds = 60;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void end_with(pid_t parent) {
  // Asked for after the fork, so it may be too late already.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(kExitTempFail);
}

void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP}) ::signal(ignored, SIG_IGN);
  // A write that nobody reads, or past a limit, is an error to its writer, not the end of the process.
  for (const int ignored : {SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
}

void shed_descriptors(const std::vector<int>& keep) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(null, 1) < 0) throw_errno("/dev/null");
  std::vector<unsigned> kept = {2};
  for (const int fd : keep) kept.push_back(static_cast<unsigned>(fd));
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const unsigned after = kept[i] + 1;
    const unsigned before = i + 1 < kept.size() ? kept[i + 1] - 1 : ~0U;
    if (after <= before && ::close_range(after, before, 0) != 0) throw_errno("close_range");
  }
}

mail::FileDescriptor lock_folder(const std::filesystem::path& folder) {
  mail::FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

/// Folders of the same kind that nobody holds the lock of any more: their owner was killed.
void remove_abandoned(const std::filesystem::path& parent, const std::string& prefix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    struct stat status {};
    if (!entry.path().filename().string().starts_with(prefix + ".")) continue;
    if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    if (status.st_uid != ::geteuid() || ::time(nullptr) - status.st_mtime < kAbandonedSeconds) continue;
    if (!lock_folder(entry.path())) continue;
    std::error_code ignored;
    std::filesystem::remove_all(entry.path(), ignored);
  }
}

/// Throws UsageError if there is none.
const passwd& entry_of(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw UsageError("process.user: there is no user " + user);
  return *entry;
}

}  // namespace

pid_t fork_process(const char* name, const std::vector<int>& keep, const std::function<int()>& body) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child > 0) return child;
  int status = kExitTempFail;
  try {
    ::prctl(PR_SET_NAME, name);
    end_with(parent);
    reset_signals();
    shed_descriptors(keep);
    status = body();
  } catch (const std::exception& error) {
    mail::Log(name).error("process ends", {{"error", error.what()}});
  }
  // Not exit(): what the parent registered to run at its end is not this process's to run.
  ::_exit(status);
}

void check_user(const std::string& user) {
  if (!user.empty()) entry_of(user);
}

void drop_to_user(const std::string& user) {
  if (user.empty()) return;
  const uid_t uid = entry_of(user).pw_uid;
  const gid_t gid = entry_of(user).pw_gid;
  if (::geteuid() == uid) return;
  if (::geteuid() != 0) throw UsageError("process.user: only root can become " + user);
  if (::initgroups(user.c_str(), gid) != 0 || ::setresgid(gid, gid, gid) != 0 ||
      ::setresuid(uid, uid, uid) != 0) {
    throw_errno("can't become " + user);
  }
  if (uid != 0 && ::setuid(0) == 0) throw UsageError("process.user: still root as " + user);
  // A change of user clears it.
  const pid_t parent = ::getppid();
  end_with(parent);
}

void give_to_user(const std::filesystem::path& folder, const std::string& user) {
  if (user.empty()) return;
  const passwd& owner = entry_of(user);
  if (::geteuid() == 0 && ::chown(folder.c_str(), owner.pw_uid, owner.pw_gid) != 0) {
    throw_errno("chown " + folder.string());
  }
}

TemporaryFolder::TemporaryFolder(const std::string& prefix) : owner_(::getpid()) {
  const char* parent = std::getenv("TMPDIR");
  if (parent == nullptr || *parent == '\0') parent = "/tmp";
  std::string name = std::filesystem::path(parent) / (prefix + ".XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) {
    const int error = errno;
    const std::string text = "can't make a folder for temporary files in " + std::string(parent) + ": " +
                             std::generic_category().message(error);
    if (is_mistake(error)) throw UsageError(text);
    throw std::runtime_error(text);
  }
  path_ = name;
  lock_ = lock_folder(path_);
  remove_abandoned(parent, prefix);
}

TemporaryFolder::~TemporaryFolder() {
  if (owner_ != ::getpid()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace scanner
