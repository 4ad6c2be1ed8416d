#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>

namespace formmail {

/// How many requests are worked on at a time. A request that waits for its web server, to get more of its
/// body or to be rid of its answer, has no place: where a server passes both on as they come and go, anybody
/// can make it slow, and shall hold up nobody else.
class Places {
 public:
  using Clock = std::chrono::steady_clock;

  /// Requests that wait, besides those that are worked on.
  static constexpr std::size_t kMostWaiting = 32;

  explicit Places(int count) : free_(count) {}

  void take();
  void give_back();
  /// Cuts off slow ones, who began first, while too many wait. To be called now and then: where all wait,
  /// none comes who would.
  void cut_off_slow();
  /// Cuts off who waits, and who wants to read from now on; what is to be said to them is still written.
  void cut_off_all();

  /// While this lives, its thread reads from the socket `fd` or writes to it, without a place. Where too many
  /// do, who is slow is cut off: a reader gets what has come and then the end.
  class Wait {
   public:
    /// For more of a body of which so much has come since then, or in as much time spent waiting.
    Wait(Places& places, int fd, Clock::time_point since, std::size_t come);
    /// For an answer to go.
    Wait(Places& places, int fd);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    friend class Places;
    void begin();
    bool is_slow(Clock::time_point now) const;

    Places& places_;
    std::list<Wait*>::iterator self_;
    int fd_;
    bool reads_;
    Clock::time_point since_;
    std::size_t come_ = 0;
    bool cut_off_ = false;
  };

 private:
  void cut_off_too_many();
  void cut_off(Wait& wait);

  std::mutex mutex_;
  std::condition_variable freed_;
  int free_;
  bool ending_ = false;
  std::list<Wait*> waiting_;  ///< who began first stands first
};

}  // namespace formmail
