#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "cgi-bin/gateway/gateway.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

/// The STDIN stream of a request. libfcgi reads on until a buffer is full; a slow sender must not hold it
/// there past the deadline, so that only what has come is taken.
class StandardInput : public BodySource {
 public:
  explicit StandardInput(FCGX_Request& request) : stream_(request.in) {
    const timeval timeout{kBodyTime.count(), 0};
    ::setsockopt(request.ipcFd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }

  std::size_t read(char* buffer, std::size_t size) override {
    if (size == 0 || Clock::now() > deadline_) return 0;
    const int first = FCGX_GetChar(stream_);
    if (first < 0) return 0;
    buffer[0] = static_cast<char>(first);
    const auto ready = static_cast<std::size_t>(stream_->stop - stream_->rdNext);
    const std::size_t more = std::min(ready, size - 1);
    std::memcpy(buffer + 1, stream_->rdNext, more);
    stream_->rdNext += more;
    return more + 1;
  }

 private:
  FCGX_Stream* stream_;
  Clock::time_point deadline_ = Clock::now() + kBodyTime;
};

void put(FCGX_Stream* out, std::string_view text) {
  constexpr std::size_t kPiece = 1 << 20;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    if (FCGX_PutStr(piece.data(), static_cast<int>(piece.size()), out) < 0) return;
    text.remove_prefix(piece.size());
  }
}

sigset_t ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  return ending;
}

void serve(int fd, const Responder& respond) {
  FCGX_Request request;
  FCGX_InitRequest(&request, fd, FCGI_FAIL_ACCEPT_ON_INTR);
  while (FCGX_Accept_r(&request) == 0) {
    StandardInput body(request);
    put(request.out, respond(Environment(request.envp), body).to_cgi());
    FCGX_Finish_r(&request);
  }
  FCGX_Free(&request, 1);
}

}  // namespace

void block_ending_signals() {
  const sigset_t ending = ending_signals();
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
}

int run_fastcgi(int fd, int threads, const Responder& respond) {
  FCGX_Init();
  // Blocked in all threads and waited for in this one: a request is never cut by a signal.
  block_ending_signals();
  const sigset_t ending = ending_signals();
  std::vector<std::thread> pool;
  pool.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) pool.emplace_back([&] { serve(fd, respond); });
  int signal = 0;
  sigwait(&ending, &signal);
  // accept() fails from now on, so that each thread ends with the request at hand.
  ::shutdown(fd, SHUT_RDWR);
  for (std::thread& thread : pool) thread.join();
  return 0;
}

}  // namespace formmail
