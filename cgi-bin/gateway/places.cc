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

Places::Wait::Wait(Places& places, int fd, For what) : places_(places), fd_(fd), for_(what) {
  const std::lock_guard lock(places_.mutex_);
  if (places_.waiting_.size() >= kMostWaiting) {
    const Wait& first = *places_.waiting_.front();
    ::shutdown(first.fd_, first.for_ == For::reading ? SHUT_RD : SHUT_WR);
  }
  self_ = places_.waiting_.insert(places_.waiting_.end(), this);
}

Places::Wait::~Wait() {
  const std::lock_guard lock(places_.mutex_);
  places_.waiting_.erase(self_);
}

}  // namespace formmail
