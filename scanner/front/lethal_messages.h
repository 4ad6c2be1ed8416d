#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>

namespace scanner {

/// Messages that ended a worker, so that the same one can't go on doing so. Known by the bytes of the body: a
/// client that tries again sends the same body, often under new header lines.
///
/// A worker also ends for reasons that are not the message's (the kernel's want of memory, a person). So one
/// that was set aside gets another try when it has rested; the next end of a worker sets it aside again.
class LethalMessages {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// How often a message may end a worker.
  static constexpr int kMost = 2;
  static constexpr std::chrono::hours kRest{1};

  bool empty() const { return entries_.empty(); }
  /// Whether this message has done so kMost times, the last time less than kRest ago.
  bool is_set_aside(std::string_view message, Time now) const;
  /// It has ended a worker. True if it is set aside by that.
  bool add(std::string_view message, Time now);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    std::uint64_t body_size;
    Digest digest;
    int deaths;
    Time last;
  };
  // The oldest are forgotten: who keeps ending workers with new messages gets a 4xx for each anyway.
  static constexpr std::size_t kRemembered = 1000;

  static std::string_view body_of(std::string_view message);
  static Digest digest_of(std::string_view body);
  std::list<Entry>::const_iterator find(std::string_view body) const;

  std::list<Entry> entries_;
};

}  // namespace scanner
