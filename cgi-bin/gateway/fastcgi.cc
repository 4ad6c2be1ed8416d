#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/gateway/gateway.h"
#include "cgi-bin/gateway/places.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a body that still comes, or an answer that still goes, is waited for at the end.
constexpr std::chrono::seconds kGraceTime{10};

/// The STDIN stream of a request. libfcgi reads on until a buffer is full; a slow sender must not hold it
/// there past the deadline, so that only what has come is taken.
class StandardInput : public BodySource {
 public:
  StandardInput(FCGX_Request& request, Places& places)
      : stream_(request.in), socket_(request.ipcFd), places_(places) {
    const timeval timeout{kBodyTime.count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  }

  std::size_t read(char* buffer, std::size_t size) override {
    if (size == 0 || Clock::now() > deadline_) return 0;
    const int first = next_byte();
    if (first < 0) return 0;
    buffer[0] = static_cast<char>(first);
    const auto ready = static_cast<std::size_t>(stream_->stop - stream_->rdNext);
    const std::size_t more = std::min(ready, size - 1);
    std::memcpy(buffer + 1, stream_->rdNext, more);
    stream_->rdNext += more;
    return more + 1;
  }

 private:
  int next_byte() {
    if (stream_->rdNext != stream_->stop) return FCGX_GetChar(stream_);
    places_.give_back();
    int byte = 0;
    {
      const Places::Wait wait(places_, socket_, Places::Wait::For::reading);
      byte = FCGX_GetChar(stream_);
    }
    places_.take();
    return byte;
  }

  FCGX_Stream* stream_;
  int socket_;
  Places& places_;
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
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ending, signal);
  return ending;
}

std::string answer_to(FCGX_Request& request, Places& places, const Responder& respond) {
  places.take();
  StandardInput body(request, places);
  std::string answer = respond(Environment(request.envp), body).to_cgi();
  places.give_back();
  return answer;
}

void serve(int fd, Places& places, const Responder& respond) {
  FCGX_Request request;
  FCGX_InitRequest(&request, fd, FCGI_FAIL_ACCEPT_ON_INTR);
  while (FCGX_Accept_r(&request) == 0) {
    const std::string answer = answer_to(request, places, respond);
    {
      const Places::Wait wait(places, request.ipcFd, Places::Wait::For::writing);
      put(request.out, answer);
      FCGX_FClose(request.err);
      FCGX_FClose(request.out);
    }
    FCGX_Finish_r(&request);
  }
  FCGX_Free(&request, 1);
}

}  // namespace

void block_ending_signals() {
  const sigset_t ending = ending_signals();
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
}

int run_fastcgi(const std::vector<mail::FileDescriptor>& listeners, int threads, const Responder& respond) {
  FCGX_Init();
  // Blocked in all threads and waited for in this one: a request is never cut by a signal.
  block_ending_signals();
  const sigset_t ending = ending_signals();
  Places places(threads);
  // libfcgi accepts on one socket alone: each has its own threads, and all share the places.
  const std::size_t each = static_cast<std::size_t>(threads) + Places::kMostWaiting;
  std::vector<std::future<void>> pool;
  pool.reserve(listeners.size() * each);
  for (const mail::FileDescriptor& listener : listeners) {
    const auto work = [&, fd = listener.get()] { serve(fd, places, respond); };
    for (std::size_t i = 0; i < each; ++i) pool.push_back(std::async(std::launch::async, work));
  }
  int signal = 0;
  sigwait(&ending, &signal);
  // accept() fails from now on, so that each thread ends with the request at hand.
  for (const mail::FileDescriptor& listener : listeners) ::shutdown(listener.get(), SHUT_RDWR);
  const auto patience = Clock::now() + kGraceTime;
  for (auto& thread : pool) thread.wait_until(patience);
  places.cut_off_all();
  for (auto& thread : pool) thread.get();
  return 0;
}

}  // namespace formmail
