#include "cgi-bin/webhook/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "mail/file_descriptor.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

class Child {
 public:
  Child(const std::vector<std::string>& arguments, int input) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return;
    output_.reset(pipe[0]);
    const mail::FileDescriptor write_end(pipe[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, write_end.get(), 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/bin:/bin";
    std::array<char*, 2> environment{path.data(), nullptr};
    if (::posix_spawnp(&pid_, arguments[0].c_str(), &actions, &attributes, argv.data(), environment.data()) !=
        0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  bool runs() const { return pid_ > 0; }

  /// What it writes until `deadline`, at most some `most` bytes.
  std::string output(Clock::time_point deadline, std::size_t most) const {
    std::string text;
    while (text.size() < most) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd readable{output_.get(), POLLIN, 0};
      const int ready = left <= 0 ? 0 : ::poll(&readable, 1, static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) break;
      std::array<char, 4096> buffer{};
      const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  /// Ends it; its exit status, -1 if it had none.
  int end() {
    if (pid_ <= 0) return -1;
    // It writes as its last act, or is past its time: nothing is lost by a signal that comes a little early.
    int status = 0;
    for (int tries = 0; tries < 50 && ::waitpid(pid_, &status, WNOHANG) == 0; ++tries) {
      ::usleep(2000);
      if (tries == 49) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status, 0);
      }
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  mail::FileDescriptor output_;
};

}  // namespace

ChildOutput run_child(const std::vector<std::string>& arguments, int input, Clock::time_point deadline,
                      std::size_t most) {
  constexpr int kNotInstalled = 127;
  Child child(arguments, input);
  if (!child.runs()) return {kNotInstalled, ""};
  ChildOutput output;
  output.text = child.output(deadline, most);
  output.status = child.end();
  return output;
}

}  // namespace formmail
