#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mail/smtp/client.h"

namespace formmail {

/// The mail server of [relay], used from any thread: each mail takes an idle connection, or opens one.
class Relay {
 public:
  /// Throws std::invalid_argument if `server` is no HOST:PORT.
  explicit Relay(std::string_view server);

  /// As mail::SmtpClient::send. For a while after a time-out it answers at once that the relay can't be
  /// reached: visitors must not wait one after the other for a relay that hangs.
  std::vector<mail::SendOutcome> send(const mail::SmtpEnvelope& envelope, std::string_view message);

 private:
  bool hangs();
  std::unique_ptr<mail::SmtpClient> take();
  void give_back(std::unique_ptr<mail::SmtpClient> client);

  mail::SmtpEndpoint server_;
  std::string helo_name_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point hangs_until_{};
  std::vector<std::unique_ptr<mail::SmtpClient>> idle_;
};

}  // namespace formmail
