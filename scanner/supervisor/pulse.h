#pragma once

#include <algorithm>
#include <chrono>

namespace scanner {

/// Whether a process that runs still does its work: it is asked every few seconds, and has to answer within a
/// minute. Only the time counts in which its supervisor ran: where both were stopped, or the machine was, it
/// is not to blame.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  /// To be called in each round of the supervisor's loop, which takes a second at most: whether to ask now.
  bool due(Clock::time_point now) {
    if (asked_) silence_ += std::min<Clock::duration>(now - last_round_, kLongestRound);
    last_round_ = now;
    if (asked_ || now < next_) return false;
    asked_ = true;
    silence_ = {};
    next_ = now + kPeriod;
    return true;
  }
  void answered() { asked_ = false; }
  bool lost() const { return asked_ && silence_ >= kPatience; }

 private:
  static constexpr std::chrono::seconds kPeriod{5};
  static constexpr std::chrono::seconds kPatience{60};
  static constexpr std::chrono::seconds kLongestRound{2};

  bool asked_ = false;
  Clock::duration silence_{};
  Clock::time_point last_round_{};
  Clock::time_point next_{};
};

}  // namespace scanner
