#include "scanner/front/deadlines.h"

#include <utility>
#include <vector>

namespace scanner {

void Deadlines::add(Deadline& deadline) {
  all_.insert(&deadline);
  if (!waiting_) wait();
}

void Deadlines::wait() {
  waiting_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const std::shared_ptr<Deadlines> self = weak.lock();
    if (!error && self) self->tick();
  });
}

void Deadlines::tick() {
  const Deadline::Clock::time_point now = Deadline::Clock::now();
  std::vector<Deadline*> passed;
  for (Deadline* deadline : all_) {
    if (deadline->at_ <= now) passed.push_back(deadline);
  }
  for (Deadline* deadline : passed) {
    if (!all_.contains(deadline)) continue;
    deadline->disarm();
    deadline->passed_();
  }
  waiting_ = false;
  if (!all_.empty()) wait();
}

Deadline::Deadline(std::shared_ptr<Deadlines> all, std::function<void()> passed)
    : all_(std::move(all)), passed_(std::move(passed)) {
  all_->add(*this);
}

Deadline::~Deadline() { all_->remove(*this); }

void Deadline::arm(std::chrono::seconds from_now) { at_ = Clock::now() + from_now; }

}  // namespace scanner
