#include "scanner/front/front_jail.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

namespace {

namespace fs = std::filesystem;

/// A listening socket on a port of 127.0.0.1.
class LocalServer {
 public:
  LocalServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    REQUIRE(::bind(fd_, address, size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, address, &size) == 0);
  }
  ~LocalServer() { ::close(fd_); }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::string port() const { return std::to_string(ntohs(address_.sin_port)); }
  bool is_reached() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0;
  }

 private:
  int fd_;
  sockaddr_in address_{};
};

class Cell {
 public:
  Cell() {
    std::string name = (fs::temp_directory_path() / "front-jail-XXXXXX").string();
    outside_ = ::mkdtemp(name.data());
    for (const char* const folder : {"Maildir", "quarantine"}) fs::create_directory(outside_ / folder);
    std::ofstream(outside_ / "key.pem") << "secret";
    std::ofstream(outside_ / "scanrelay.toml") << "[smtp]\n";
    settings_.quarantine.directory = outside_ / "quarantine";
    deliver_to("smtp://127.0.0.1:" + next_hop.port());
  }
  ~Cell() { fs::remove_all(outside_); }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  void deliver_to(const std::string& url) { settings_.next_hop.deliver = url; }
  fs::path operator/(const char* path) const { return outside_ / path; }

  bool can(const std::function<bool()>& deed) const {
    const pid_t child = ::fork();
    if (child == 0) {
      scanner::enter_front_jail(settings_);
      ::_exit(deed() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
  }

  const LocalServer next_hop;

 private:
  fs::path outside_;
  scanner::Settings settings_;
};

bool opens(const fs::path& path, int flags) { return ::open(path.c_str(), flags, 0600) >= 0; }

bool has_socket(int family) { return ::socket(family, SOCK_STREAM, 0) >= 0; }

/// The version of Landlock, 0: none.
long landlock() { return std::max(0L, ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1)); }

}  // namespace

TEST_CASE("a front connects to its next hop, writes the quarantine, starts threads") {
  const Cell cell;
  CHECK(cell.can([&] { return cell.next_hop.is_reached(); }));
  CHECK(cell.can([&] {
    const fs::path draft = cell / "quarantine/draft";
    return opens(draft, O_CREAT | O_WRONLY) &&
           ::rename(draft.c_str(), (cell / "quarantine/new").c_str()) == 0;
  }));
  CHECK(cell.can([] {
    bool ran = false;
    std::thread([&] { ran = true; }).join();
    return ran;
  }));
  CHECK(cell.can(
      [] { return ::fcntl(::memfd_create("m", MFD_ALLOW_SEALING), F_ADD_SEALS, F_SEAL_WRITE) == 0; }));
}

TEST_CASE("a front opens no other file") {
  if (landlock() == 0) return;
  const Cell cell;
  for (const char* const file : {"key.pem", "scanrelay.toml"}) {
    CHECK_FALSE(cell.can([&] { return opens(cell / file, O_RDONLY); }));
    CHECK_FALSE(cell.can([&] { return opens(cell / file, O_WRONLY); }));
  }
  CHECK_FALSE(cell.can([&] { return opens(cell / "quarantine/../key.pem", O_RDONLY); }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "new", O_CREAT | O_WRONLY); }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "Maildir/new", O_CREAT | O_WRONLY); }));
  for (const char* const file :
       {"/etc/passwd", "/proc/self/mem", "/proc/self/environ", "/root", "/home", "/tmp"}) {
    CHECK_FALSE(cell.can([&] { return opens(file, O_RDONLY); }));
  }
  CHECK_FALSE(cell.can([&] { return ::unlink((cell / "key.pem").c_str()) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::mkdir((cell / "folder").c_str(), 0700) == 0; }));
}

TEST_CASE("a front changes no file that its user owns") {
  const Cell cell;
  const std::string key = cell / "key.pem";
  CHECK_FALSE(cell.can([&] { return ::chmod(key.c_str(), 0666) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::fchmodat(AT_FDCWD, key.c_str(), 0666, 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::chown(key.c_str(), 1, 1) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::truncate(key.c_str(), 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::utimensat(AT_FDCWD, key.c_str(), nullptr, 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::symlink(key.c_str(), (cell / "quarantine/l").c_str()) == 0; }));
  CHECK(fs::file_size(key) == 6);
}

TEST_CASE("a front starts nothing and reaches no other process") {
  const Cell cell;
  const pid_t parent = ::getpid();
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  CHECK_FALSE(cell.can([&] { return ::execv(program, arguments) == 0; }));
  CHECK_FALSE(cell.can([] { return ::fork() >= 0; }));
  CHECK_FALSE(cell.can([&] { return ::kill(parent, 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::syscall(SYS_tgkill, parent, parent, 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr) == 0; }));
  CHECK_FALSE(
      cell.can([&] { return ::syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::syscall(SYS_pidfd_open, parent, 0) >= 0; }));
  CHECK_FALSE(cell.can([&] { return ::fcntl(0, F_SETOWN, parent) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::ioctl(0, FIOSETOWN, &parent) == 0; }));
  CHECK_FALSE(cell.can([] { return ::ioctl(2, TIOCSTI, "x") == 0; }));
  CHECK_FALSE(cell.can([&] { return ::prlimit(parent, RLIMIT_CORE, nullptr, nullptr) == 0; }));
  CHECK_FALSE(cell.can([] { return ::unshare(CLONE_NEWUSER) == 0; }));
  CHECK_FALSE(cell.can([] { return ::setuid(12345) == 0; }));
  CHECK_FALSE(cell.can([] { return ::syscall(SYS_bpf, 0, nullptr, 0) == 0; }));
  CHECK_FALSE(cell.can([] { return ::syscall(SYS_io_uring_setup, 1, nullptr) == 0; }));
}

TEST_CASE("a front has the sockets that its next hop needs") {
  Cell cell;
  const LocalServer other;
  CHECK_FALSE(cell.can([] { return has_socket(AF_UNIX); }));
  CHECK_FALSE(cell.can([] { return has_socket(AF_PACKET); }));
  CHECK_FALSE(cell.can([] { return ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0; }));
  CHECK_FALSE(cell.can([] { return ::listen(::socket(AF_INET, SOCK_STREAM, 0), 1) == 0; }));
  if (landlock() >= 4) CHECK_FALSE(cell.can([&] { return other.is_reached(); }));

  cell.deliver_to("maildir:" + (cell / "Maildir").string());
  CHECK_FALSE(cell.can([] { return has_socket(AF_INET) || has_socket(AF_INET6) || has_socket(AF_UNIX); }));
  CHECK(cell.can([&] { return opens(cell / "Maildir/new", O_CREAT | O_WRONLY); }));

  cell.deliver_to("lmtp:" + (cell / "socket").string());
  CHECK(cell.can([] { return has_socket(AF_UNIX); }));
  CHECK_FALSE(cell.can([] { return has_socket(AF_INET); }));
}

TEST_CASE("a front asks the resolver for a next hop that has a name") {
  Cell cell;
  cell.deliver_to("smtp://localhost:" + cell.next_hop.port());
  CHECK(cell.can([&] {
    addrinfo* found = nullptr;
    return ::getaddrinfo("localhost", "25", nullptr, &found) == 0;
  }));
  CHECK(cell.can([&] { return cell.next_hop.is_reached(); }));
  if (landlock() > 0) CHECK_FALSE(cell.can([&] { return opens(cell / "key.pem", O_RDONLY); }));
}
