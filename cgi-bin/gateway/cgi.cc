#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>

#include "cgi-bin/gateway/gateway.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

/// Standard input, which may come slowly or never.
class StandardInput : public BodySource {
 public:
  std::size_t read(char* buffer, std::size_t size) override {
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return 0;
      pollfd readable{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&readable, 1, static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return 0;
      const ssize_t got = ::read(STDIN_FILENO, buffer, size);
      if (got < 0 && errno == EINTR) continue;
      return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
  }

 private:
  Clock::time_point deadline_ = Clock::now() + kBodyTime;
};

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The web server takes the end of standard output for the end of the answer.
void end_answer() {
  const mail::FileDescriptor nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(nowhere.get(), STDOUT_FILENO);
  ::dup2(nowhere.get(), STDIN_FILENO);
}

}  // namespace

bool is_fastcgi() {
  int listening = 0;
  socklen_t size = sizeof listening;
  return ::getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

int run_cgi(const Responder& respond) {
  StandardInput body;
  const std::string answer = respond(Environment(environ), body).to_cgi();
  // A server that has the answer tells its program to end at once; it will, after what is left to be done.
  ::signal(SIGTERM, SIG_IGN);
  const bool written = write_all(answer);
  // An answer that came before all of the body was read: a server that can't write the rest of it to us may
  // throw the answer away.
  std::array<char, 16384> rest;
  while (body.read(rest.data(), rest.size()) > 0) continue;
  end_answer();
  return written ? 0 : 1;
}

}  // namespace formmail
