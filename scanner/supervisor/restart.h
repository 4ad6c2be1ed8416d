#pragma once

#include <algorithm>
#include <chrono>

namespace scanner {

/// When to start a process again that ended: one that ends at once is started again at once; one that goes on
/// ending, ever more slowly.
class Restart {
 public:
  using Clock = std::chrono::steady_clock;

  void note_start() { started_ = Clock::now(); }
  void note_end() {
    pause_ = Clock::now() - started_ > kStable
                 ? kFirstPause
                 : std::min<std::chrono::milliseconds>(pause_ * 2, kLongestPause);
    due_ = Clock::now() + pause_;
  }
  Clock::time_point due() const { return due_; }

 private:
  static constexpr std::chrono::milliseconds kFirstPause{50};
  static constexpr std::chrono::seconds kLongestPause{10};
  static constexpr std::chrono::seconds kStable{30};

  std::chrono::milliseconds pause_ = kFirstPause / 2;
  Clock::time_point started_{};
  Clock::time_point due_{};
};

}  // namespace scanner
