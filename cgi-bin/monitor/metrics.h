#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace formmail {

/// What a process counts since its start. Labels are words of our own, never a visitor's. Safe from several
/// threads. Written out by hand and not by prometheus-cpp: Debian has that as a shared library only, which
/// every CGI process would load.
class Metrics {
 public:
  /// A request was answered with `status` after `time`.
  void request(int status, std::chrono::nanoseconds time);
  /// A submission was handed on: "sent", "queued", "refused", "unavailable".
  void submission(std::string_view outcome);
  /// A submission was not taken: "honeypot", "too_often", "input_errors", ...
  void refusal(std::string_view reason);

  /// Prometheus' text format 0.0.4, with what lies in `outbox` at this moment.
  std::string exposition(const std::filesystem::path& outbox) const;

 private:
  static constexpr std::array<double, 8> kBounds{0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1, 10};

  mutable std::mutex mutex_;
  std::map<int, std::uint64_t> requests_;
  std::map<std::string, std::uint64_t, std::less<>> submissions_;
  std::map<std::string, std::uint64_t, std::less<>> refusals_;
  std::array<std::uint64_t, kBounds.size() + 1> seconds_{};  ///< requests up to each bound, the last: above
  double seconds_sum_ = 0;
};

}  // namespace formmail
