#include <fcgiapp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cgi-bin/gateway/connections.h"
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
      : stream_(request.in), socket_(request.ipcFd), places_(places) {}

  std::size_t read(char* buffer, std::size_t size) override {
    if (size == 0 || Clock::now() > deadline_) return 0;
    const int first = next_byte();
    if (first < 0) return 0;
    buffer[0] = static_cast<char>(first);
    const auto ready = static_cast<std::size_t>(stream_->stop - stream_->rdNext);
    const std::size_t more = std::min(ready, size - 1);
    std::memcpy(buffer + 1, stream_->rdNext, more);
    stream_->rdNext += more;
    come_ += more + 1;
    return more + 1;
  }

 private:
  int next_byte() {
    if (stream_->rdNext != stream_->stop) return FCGX_GetChar(stream_);
    places_.give_back();
    const auto begin = Clock::now();
    int byte = 0;
    {
      const Places::Wait wait(places_, socket_, begin - waited_, come_);
      byte = FCGX_GetChar(stream_);
    }
    waited_ += Clock::now() - begin;
    places_.take();
    return byte;
  }

  FCGX_Stream* stream_;
  int socket_;
  Places& places_;
  std::size_t come_ = 0;
  Clock::duration waited_{};  ///< for the web server: not for a place
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

void limit_time(int socket) {
  const timeval timeout{kBodyTime.count(), 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

/// The web server's next request begins where this one's body ends, not in the middle of it.
void read_to_the_end(FCGX_Request& request, Places& places) {
  std::array<char, 16384> rest;
  const Places::Wait wait(places, request.ipcFd, Clock::now(), 0);
  while (FCGX_GetStr(rest.data(), rest.size(), request.in) > 0) continue;
}

/// Answers the request that begins on the connection. The connection again, where it is kept for another one.
mail::FileDescriptor serve(FCGX_Request& request, mail::FileDescriptor connection, Places& places,
                           const Responder& respond) {
  limit_time(connection.get());
  request.ipcFd = connection.release();
  request.keepConnection = 1;  // or libfcgi would close it before it looks for the request
  if (FCGX_Accept_r(&request) != 0) return {};
  const std::string answer = answer_to(request, places, respond);
  if (request.keepConnection != 0) read_to_the_end(request, places);
  {
    const Places::Wait wait(places, request.ipcFd);
    put(request.out, answer);
    FCGX_FClose(request.err);
    FCGX_FClose(request.out);
  }
  FCGX_Finish_r(&request);
  return mail::FileDescriptor(std::exchange(request.ipcFd, -1));
}

void serve_all(Connections& connections, Places& places, const Responder& respond) {
  constexpr int kNoListener = -1;  // whose connections libfcgi would accept itself
  FCGX_Request request;
  FCGX_InitRequest(&request, kNoListener, 0);
  while (mail::FileDescriptor connection = connections.next()) {
    connection = serve(request, std::move(connection), places, respond);
    if (connection) connections.keep(std::move(connection));
  }
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
  Connections connections(listeners);
  const auto work = [&] { serve_all(connections, places, respond); };
  std::vector<std::future<void>> pool(static_cast<std::size_t>(threads) + Places::kMostWaiting);
  for (auto& thread : pool) thread = std::async(std::launch::async, work);
  constexpr timespec kLook{0, 250'000'000};
  while (sigtimedwait(&ending, nullptr, &kLook) < 0) places.cut_off_slow();
  connections.end();
  const auto patience = Clock::now() + kGraceTime;
  for (auto& thread : pool) thread.wait_until(patience);
  places.cut_off_all();
  for (auto& thread : pool) thread.get();
  return 0;
}

}  // namespace formmail
