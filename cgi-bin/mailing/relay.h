#pragma once

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

  /// As mail::SmtpClient::send.
  std::vector<mail::SendOutcome> send(const mail::SmtpEnvelope& envelope, std::string_view message);

 private:
  std::unique_ptr<mail::SmtpClient> take();
  void give_back(std::unique_ptr<mail::SmtpClient> client);

  mail::SmtpEndpoint server_;
  std::string helo_name_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<mail::SmtpClient>> idle_;
};

}  // namespace formmail
