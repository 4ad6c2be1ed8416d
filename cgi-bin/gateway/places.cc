#include "cgi-bin/gateway/places.h"

#include <sys/socket.h>

namespace formmail {

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

void Places::cut_off_all() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  while (!waiting_.empty()) cut_off(*waiting_.front());
}

/// Who is cut off waits no longer, though its thread may take a while to notice.
void Places::cut_off(Wait& wait) {
  waiting_.erase(wait.self_);
  wait.cut_off_ = true;
  ::shutdown(wait.fd_, wait.for_ == Wait::For::reading ? SHUT_RD : SHUT_WR);
}

Places::Wait::Wait(Places& places, int fd, For what) : places_(places), fd_(fd), for_(what) {
  const std::lock_guard lock(places_.mutex_);
  self_ = places_.waiting_.insert(places_.waiting_.end(), this);
  if (places_.ending_ && what == For::reading) places_.cut_off(*this);
  if (places_.waiting_.size() > kMostWaiting) places_.cut_off(*places_.waiting_.front());
}

Places::Wait::~Wait() {
  const std::lock_guard lock(places_.mutex_);
  if (!cut_off_) places_.waiting_.erase(self_);
}

}  // namespace formmail
