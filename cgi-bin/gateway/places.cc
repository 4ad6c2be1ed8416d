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
  for (const Wait* wait : waiting_) wait->cut_off();
}

Places::Wait::Wait(Places& places, int fd, For what) : places_(places), fd_(fd), for_(what) {
  const std::lock_guard lock(places_.mutex_);
  if (places_.waiting_.size() >= kMostWaiting) places_.waiting_.front()->cut_off();
  if (places_.ending_ && what == For::reading) cut_off();
  self_ = places_.waiting_.insert(places_.waiting_.end(), this);
}

void Places::Wait::cut_off() const { ::shutdown(fd_, for_ == For::reading ? SHUT_RD : SHUT_WR); }

Places::Wait::~Wait() {
  const std::lock_guard lock(places_.mutex_);
  places_.waiting_.erase(self_);
}

}  // namespace formmail
