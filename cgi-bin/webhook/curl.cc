#include "cgi-bin/webhook/curl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "mail/file_descriptor.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

mail::FileDescriptor memory_file(std::string_view bytes) {
  mail::FileDescriptor file(::memfd_create("request", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// A child with `input` as its standard input and a pipe as its standard output; it gets no other descriptor,
/// no environment but a path, and all signals as usual.
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

/// curl(1), EXIT CODES: those that a hoster meets.
std::string reason_of(int status) {
  switch (status) {
    case 7:
      return "can't connect";
    case 28:
      return "out of time";
    case 35:
      return "TLS handshake failed";
    case 60:
      return "certificate not trusted";
    case 127:
      return "curl is not installed";
    default:
      return "curl ended with status " + std::to_string(status);
  }
}

std::vector<std::string> arguments_for(const HookUrl& url, const std::string& address,
                                       const std::vector<std::string>& headers, const HookPolicy& policy) {
  const std::string seconds = std::to_string(policy.timeout.count());
  const std::string target = address.find(':') == std::string::npos ? address : "[" + address + "]";
  std::vector<std::string> arguments = {"curl",
                                        "--disable",  // no .curlrc
                                        "--silent",      "--globoff",
                                        "--noproxy",     "*",
                                        "--proto",       url.tls ? "=https" : "=http",
                                        "--max-redirs",  "0",
                                        "--max-time",    seconds,
                                        "--connect-to",  "::" + target + ":" + url.port,
                                        "--request",     "POST",
                                        "--header",      "User-Agent: formmail",
                                        "--header",      "Expect:",
                                        "--data-binary", "@-",
                                        "--write-out",   "\n%{http_code}"};
  for (const std::string& header : headers) arguments.insert(arguments.end(), {"--header", header});
  if (!policy.certificates.empty()) {
    arguments.insert(arguments.end(), {"--cacert", policy.certificates.string()});
  }
  arguments.insert(arguments.end(), {"--url", url.text});
  return arguments;
}

}  // namespace

CurlAnswer post_by_curl(const HookUrl& url, const std::vector<std::string>& headers, std::string_view body,
                        const HookPolicy& policy) {
  constexpr std::size_t kMostAnswer = 65536;
  CurlAnswer answer;
  const std::optional<std::string> address = permitted_address(url, policy.allowed_networks, answer.reason);
  if (!address) return answer;
  const mail::FileDescriptor input = memory_file(body);
  if (!input) return {0, std::strerror(errno), ""};
  Child curl(arguments_for(url, *address, headers, policy), input.get());
  if (!curl.runs()) return {0, reason_of(127), ""};
  const std::string output =
      curl.output(Clock::now() + policy.timeout + std::chrono::seconds(1), kMostAnswer);
  const int status = curl.end();
  const std::size_t last_line = output.rfind('\n');
  if (last_line != std::string::npos && output.size() < kMostAnswer) {
    std::from_chars(output.data() + last_line + 1, output.data() + output.size(), answer.status);
    answer.body = output.substr(0, last_line);
  }
  if (output.size() >= kMostAnswer) answer.reason = "the answer is too long";
  if (status != 0 && answer.reason.empty()) answer.reason = reason_of(status);
  return answer;
}

}  // namespace formmail
