#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace formmail {

/// What a process counts since its start. Labels are words of our own, never a visitor's, and each is there
/// from the start, as a rate needs. Safe from several threads.
class Metrics {
 public:
  Metrics();

  /// A request was answered with `status` after `time`.
  void request(int status, std::chrono::nanoseconds time);
  /// A submission was handed on: "sent", "queued", "refused", "unavailable".
  void submission(std::string_view outcome);
  /// A submission was not taken: "honeypot", "too_often", "input_errors", ...
  void refusal(std::string_view reason);
  /// A mail left the queue of the outbox: "sent", "refused".
  void retried_mail(std::string_view outcome);
  /// A webhook was called: "taken", "waits", "given_up".
  void webhook_call(std::string_view result);

  /// Prometheus' text format.
  std::string exposition() const;

 private:
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;
  static constexpr std::array<double, 8> kBounds{0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1, 10};

  void add(Counts& counts, std::string_view label);

  const std::int64_t start_;  ///< seconds since 1970
  mutable std::mutex mutex_;
  std::map<int, std::uint64_t> requests_;
  Counts submissions_;
  Counts refusals_;
  Counts retried_mails_;
  Counts webhook_calls_;
  std::array<std::uint64_t, kBounds.size() + 1> seconds_{};  ///< requests up to each bound, the last: above
  double seconds_sum_ = 0;
};

}  // namespace formmail
