#include "scanner/worker/jail.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace {

namespace fs = std::filesystem;

class Cell {
 public:
  Cell() {
    std::string name = (fs::temp_directory_path() / "jail-XXXXXX").string();
    outside_ = ::mkdtemp(name.data());
    inside_ = outside_ / "inside";
    fs::create_directory(inside_);
    fs::create_directory(outside_ / "sibling");
    std::ofstream(outside_ / "secret") << "secret";
  }
  ~Cell() { fs::remove_all(outside_); }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  fs::path inside() const { return inside_; }
  fs::path outside() const { return outside_; }

  /// What becomes of a jailed process that tries `deed`: "done", "refused" (it returned false), "killed", or
  /// the number of another signal.
  std::string attempt(const std::function<bool()>& deed) const {
    const pid_t child = ::fork();
    if (child == 0) {
      scanner::JailSettings settings;
      settings.temporary_folder = inside_;
      settings.memory_bytes = 64 << 20;
      settings.file_bytes = 1 << 20;
      settings.cpu_seconds = 5;
      ::signal(SIGXFSZ, SIG_IGN);
      scanner::enter_jail(settings);
      ::_exit(deed() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? "killed" : std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ? "done" : "refused";
  }

 private:
  fs::path outside_;
  fs::path inside_;
};

bool opens(const fs::path& path, int flags) { return ::open(path.c_str(), flags, 0600) >= 0; }

}  // namespace

TEST_CASE("a jailed process works with files in its own folder") {
  const Cell cell;
  const fs::path folder = cell.inside() / "d";
  CHECK(cell.attempt([&] {
    if (::mkdir(folder.c_str(), 0700) != 0 || !opens(folder / "f", O_CREAT | O_RDWR)) return false;
    return ::rename((folder / "f").c_str(), (cell.inside() / "g").c_str()) == 0 &&
           ::rmdir(folder.c_str()) == 0 && opens(cell.inside() / "g", O_RDONLY) &&
           ::unlink((cell.inside() / "g").c_str()) == 0;
  }) == "done");
}

TEST_CASE("a jailed process opens no file outside its folder") {
  const Cell cell;
  const fs::path sibling = cell.outside() / "sibling";
  CHECK(cell.attempt([&] { return opens(cell.outside() / "secret", O_RDONLY); }) == "refused");
  CHECK(cell.attempt([&] { return opens(cell.outside() / "secret", O_WRONLY | O_TRUNC); }) == "refused");
  CHECK(cell.attempt([&] { return opens(cell.inside() / "../secret", O_RDONLY); }) == "refused");
  CHECK(cell.attempt([&] { return opens(sibling / "new", O_CREAT | O_WRONLY); }) == "refused");
  CHECK(cell.attempt([&] { return opens(sibling, O_RDONLY | O_DIRECTORY); }) == "refused");
  CHECK(cell.attempt([&] { return opens("/etc/passwd", O_RDONLY); }) == "refused");
  CHECK(cell.attempt([&] { return opens("/proc/self/mem", O_RDWR); }) == "refused");
  CHECK(cell.attempt([&] { return ::unlink((cell.outside() / "secret").c_str()) == 0; }) == "refused");
  CHECK(cell.attempt([&] { return ::mkdir((sibling / "d").c_str(), 0700) == 0; }) == "refused");
  CHECK(cell.attempt([&] {
    return ::rename((cell.outside() / "secret").c_str(), (cell.inside() / "s").c_str()) == 0;
  }) == "refused");
  CHECK(fs::file_size(cell.outside() / "secret") == 6);
}

TEST_CASE("a jailed process makes no links, sockets or devices") {
  const Cell cell;
  CHECK(cell.attempt([&] { return ::symlink("/etc/passwd", (cell.inside() / "l").c_str()) == 0; }) ==
        "killed");
  CHECK(cell.attempt([&] {
    return ::link((cell.outside() / "secret").c_str(), (cell.inside() / "l").c_str()) == 0;
  }) == "killed");
  CHECK(cell.attempt([&] { return ::mkfifo((cell.inside() / "p").c_str(), 0600) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::chown(cell.inside().c_str(), 1, 1) == 0; }) == "killed");
}

TEST_CASE("a jailed process changes no file that its user owns") {
  const Cell cell;
  const std::string secret = cell.outside() / "secret";
  CHECK(cell.attempt([&] { return ::chmod(secret.c_str(), 0666) == 0; }) == "refused");
  CHECK(cell.attempt([&] { return ::utimensat(AT_FDCWD, secret.c_str(), nullptr, 0) == 0; }) == "refused");
  CHECK(cell.attempt([&] { return ::truncate(secret.c_str(), 0) == 0; }) == "killed");
  CHECK(fs::file_size(secret) == 6);
}

TEST_CASE("a jailed process has no network") {
  const Cell cell;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET}) {
    CHECK(cell.attempt([&] { return ::socket(family, SOCK_STREAM, 0) >= 0; }) == "killed");
  }
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  CHECK(cell.attempt([&] {
    return ::connect(pair[0], reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }) == "killed");
  CHECK(cell.attempt([&] { return ::listen(pair[0], 1) == 0; }) == "killed");
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_CASE("a jailed process starts nothing and reaches no other process") {
  const Cell cell;
  const pid_t parent = ::getpid();
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  CHECK(cell.attempt([&] { return ::execv(program, arguments) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::fork() >= 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::syscall(SYS_clone3, nullptr, 0) >= 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::kill(parent, 0) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::kill(-1, 0) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::fcntl(0, F_SETOWN, parent) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr) == 0; }) == "killed");
  CHECK(cell.attempt([&] {
    return ::syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0) == 0;
  }) == "killed");
  CHECK(cell.attempt([&] { return ::syscall(SYS_pidfd_open, parent, 0) >= 0; }) == "killed");
  CHECK(cell.attempt([&] {
    rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    return ::prlimit(parent, RLIMIT_CORE, nullptr, &unlimited) == 0;
  }) == "killed");
}

TEST_CASE("a jailed process gains nothing") {
  const Cell cell;
  CHECK(cell.attempt([] { return ::setuid(0) == 0; }) == "killed");
  CHECK(cell.attempt([] { return ::unshare(CLONE_NEWUSER) == 0; }) == "killed");
  CHECK(cell.attempt([&] { return ::mount("none", cell.inside().c_str(), "tmpfs", 0, nullptr) == 0; }) ==
        "killed");
  CHECK(cell.attempt([&] { return ::chroot(cell.inside().c_str()) == 0; }) == "killed");
  CHECK(cell.attempt([] { return ::syscall(SYS_bpf, 0, nullptr, 0) == 0; }) == "killed");
  CHECK(cell.attempt([] { return ::syscall(SYS_io_uring_setup, 1, nullptr) == 0; }) == "killed");
  CHECK(cell.attempt([] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0) == 0; }) == "killed");
  CHECK(cell.attempt([] {
    const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
    return ::setrlimit(RLIMIT_AS, &more) == 0 || ::setrlimit(RLIMIT_FSIZE, &more) == 0;
  }) == "refused");
}

TEST_CASE("a jailed process keeps to its limits") {
  const Cell cell;
  CHECK(cell.attempt([] {
    return ::mmap(nullptr, 128 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
  }) == "refused");
  CHECK(cell.attempt([&] {
    const int fd = ::open((cell.inside() / "big").c_str(), O_CREAT | O_RDWR, 0600);
    return ::ftruncate(fd, 2 << 20) == 0;
  }) == "refused");
  CHECK(cell.attempt([] {
    scanner::allow_cpu_seconds(0);
    while (true) ::getppid();
    return true;
  }) == std::to_string(SIGXCPU));
}
