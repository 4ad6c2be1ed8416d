#include "cgi-bin/gateway/places.h"

#include <sys/socket.h>

#include <algorithm>

namespace formmail {

namespace {

// A web server that has the whole body passes on more than this at once, and then as fast as it is read:
// sixty who upload at the same time are not slow. Who is, is seen so early that a thousand of them are soon
// gone.
constexpr double kSlowBytesPerSecond = 16384;
constexpr std::chrono::duration<double> kHeadStart{0.125};
constexpr std::chrono::seconds kSlowAnswer{1};

}  // namespace

void Places::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return free_ > 0; });
  --free_;
}

void Places::give_back() {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
  }
  freed_.notify_one();
}

void Places::cut_off_slow() {
  const std::lock_guard lock(mutex_);
  cut_off_too_many();
}

void Places::cut_off_too_many() {
  while (waiting_.size() > kMostWaiting) {
    const auto now = Clock::now();
    const auto slow = std::ranges::find_if(waiting_, [&](const Wait* wait) { return wait->is_slow(now); });
    if (slow == waiting_.end()) return;
    cut_off(**slow);
  }
}

void Places::cut_off_all() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  while (!waiting_.empty()) cut_off(*waiting_.front());
}

/// Who is cut off waits no longer, though its thread may take a while to notice.
void Places::cut_off(Wait& wait) {
  waiting_.erase(wait.self_);
  wait.cut_off_ = true;
  ::shutdown(wait.fd_, wait.reads_ ? SHUT_RD : SHUT_WR);
}

Places::Wait::Wait(Places& places, int fd, Clock::time_point since, std::size_t come)
    : places_(places), fd_(fd), reads_(true), since_(since), come_(come) {
  begin();
}

Places::Wait::Wait(Places& places, int fd) : places_(places), fd_(fd), reads_(false), since_(Clock::now()) {
  begin();
}

void Places::Wait::begin() {
  const std::lock_guard lock(places_.mutex_);
  self_ = places_.waiting_.insert(places_.waiting_.end(), this);
  if (places_.ending_ && reads_) return places_.cut_off(*this);
  places_.cut_off_too_many();
}

bool Places::Wait::is_slow(Clock::time_point now) const {
  if (!reads_) return now - since_ > kSlowAnswer;
  const std::chrono::duration<double> passed = now - since_ - kHeadStart;
  return static_cast<double>(come_) < passed.count() * kSlowBytesPerSecond;
}

Places::Wait::~Wait() {
  const std::lock_guard lock(places_.mutex_);
  if (!cut_off_) places_.waiting_.erase(self_);
}

}  // namespace formmail
