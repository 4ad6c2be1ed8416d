#include "scanner/engine/engine_jail.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace {

namespace fs = std::filesystem;

class Cell {
 public:
  Cell() {
    std::string name = (fs::temp_directory_path() / "engine-jail-XXXXXX").string();
    outside_ = ::mkdtemp(name.data());
    for (const char* const folder : {"inside", "signatures"}) fs::create_directory(outside_ / folder);
    std::ofstream(outside_ / "secret") << "secret";
    std::ofstream(outside_ / "signatures" / "a.ndb") << "signature";
  }
  ~Cell() { fs::remove_all(outside_); }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  fs::path operator/(const char* path) const { return outside_ / path; }

  bool can(const std::function<bool()>& deed) const {
    const pid_t child = ::fork();
    if (child == 0) {
      scanner::enter_engine_jail({outside_ / "signatures"}, outside_ / "inside");
      ::_exit(deed() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
  }

 private:
  fs::path outside_;
};

bool opens(const fs::path& path, int flags) { return ::open(path.c_str(), flags, 0600) >= 0; }

bool forks() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return child > 0 && ::waitpid(child, nullptr, 0) == child;
}

}  // namespace

TEST_CASE("an engine reads signatures, writes its folder, forks") {
  const Cell cell;
  CHECK(cell.can([&] { return opens(cell / "signatures/a.ndb", O_RDONLY); }));
  CHECK(cell.can([&] { return opens(cell / "inside/new", O_CREAT | O_WRONLY); }));
  CHECK(cell.can(forks));
  int pair[2];
  CHECK(cell.can([&] { return ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0; }));
}

TEST_CASE("an engine has no network, program, other file or process") {
  const Cell cell;
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  CHECK_FALSE(cell.can([&] { return ::execv(program, arguments) == 0; }));
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    CHECK_FALSE(cell.can([&] { return ::socket(family, SOCK_STREAM, 0) >= 0; }));
  }
  CHECK_FALSE(cell.can([] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr) == 0; }));
  CHECK_FALSE(cell.can([] { return ::unshare(CLONE_NEWUSER) == 0; }));
  CHECK_FALSE(cell.can([] { return ::setuid(12345) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::mount("none", (cell / "inside").c_str(), "tmpfs", 0, nullptr) == 0; }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "signatures/a.ndb", O_WRONLY); }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "signatures/new", O_CREAT | O_WRONLY); }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "secret", O_RDONLY); }));
  CHECK_FALSE(cell.can([&] { return opens(cell / "inside/../secret", O_WRONLY); }));
  CHECK_FALSE(cell.can([&] { return opens("/etc/passwd", O_RDONLY); }));
  const fs::path other_process = "/proc/" + std::to_string(::getpid()) + "/environ";
  CHECK_FALSE(cell.can([&] { return opens(other_process, O_RDONLY); }));
}

TEST_CASE("an engine changes no file that its user owns") {
  const Cell cell;
  const std::string secret = cell / "secret";
  CHECK_FALSE(cell.can([&] { return ::chmod(secret.c_str(), 0666) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::chown(secret.c_str(), ::getuid(), ::getgid()) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::truncate(secret.c_str(), 0) == 0; }));
  CHECK_FALSE(cell.can([&] { return ::utimensat(AT_FDCWD, secret.c_str(), nullptr, 0) == 0; }));
  CHECK(fs::file_size(secret) == 6);
}
