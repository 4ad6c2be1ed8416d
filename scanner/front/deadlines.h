#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>

namespace scanner {

class Deadline;

/// One clock for the deadlines of all streams: a tick looks for those that have passed. A timer for each read
/// would cost every small mail a dozen changes to the timer queue; deadlines of whole seconds do not need it.
class Deadlines : public std::enable_shared_from_this<Deadlines> {
 public:
  static constexpr std::chrono::milliseconds kTick{200};

  explicit Deadlines(asio::io_context& io) : timer_(io) {}

 private:
  friend class Deadline;
  void add(Deadline& deadline);
  void remove(Deadline& deadline) { all_.erase(&deadline); }
  void wait();
  void tick();

  asio::steady_timer timer_;
  bool waiting_ = false;
  std::set<Deadline*> all_;
};

/// The time by which a stream's owner wants its operation done. At most kTick late.
class Deadline {
 public:
  /// `passed` is called once for each arm() that is not followed by disarm() in time. It must not destroy
  /// this object.
  Deadline(std::shared_ptr<Deadlines> all, std::function<void()> passed);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(std::chrono::seconds from_now);
  void disarm() { at_ = never(); }

 private:
  friend class Deadlines;
  using Clock = std::chrono::steady_clock;
  static Clock::time_point never() { return Clock::time_point::max(); }

  std::shared_ptr<Deadlines> all_;
  std::function<void()> passed_;
  Clock::time_point at_ = never();
};

}  // namespace scanner
