#pragma once

#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>

#include "scanner/front/next_hop/next_hop_connection.h"
#include "scanner/front/next_hop/split_deliveries.h"

namespace scanner {

/// An SMTP or LMTP server. Connections are kept for a while after a message and used again, the youngest
/// first.
class SmtpNextHop : public NextHop, public std::enable_shared_from_this<SmtpNextHop> {
 public:
  /// Shorter than any server's own limit (RFC 5321, 4.5.3.2.7: five minutes; Postfix under load: ten
  /// seconds), so that a kept connection is seldom found closed.
  static constexpr std::chrono::seconds kKeep{8};

  SmtpNextHop(asio::io_context& io, NextHopTarget target, const mail::Log& log);

  asio::awaitable<mail::SmtpCapabilities> capabilities() override;
  std::unique_ptr<NextHopTransaction> begin() override;
  bool takes_alone(const std::string& mail, const std::string& recipient) const override {
    return target_->is_lmtp() && (target_->settings.lmtp_recipients == "one" || split_.has(mail, recipient));
  }
  void close_idle() override;

 private:
  class Transaction;
  using Clock = std::chrono::steady_clock;
  struct Kept {
    std::unique_ptr<NextHopConnection> connection;
    Clock::time_point since;
  };

  /// A kept connection on which nothing has come in, or none.
  std::unique_ptr<NextHopConnection> take_kept();
  void keep(std::unique_ptr<NextHopConnection> connection);
  void dismiss_oldest();
  void dismiss(std::unique_ptr<NextHopConnection> connection);
  static asio::awaitable<void> say_quit(std::unique_ptr<NextHopConnection> connection);
  void wait_to_sweep();
  void drop_old();

  std::shared_ptr<const NextHopTarget> target_;
  mail::Log log_;
  SplitDeliveries split_;
  std::deque<Kept> kept_;  ///< oldest first
  asio::steady_timer sweep_;
  bool sweeping_ = false;
  asio::steady_timer asked_;  ///< those wait here who want to know what another is asking already
  bool asking_ = false;
  std::string answer_fault_;  ///< why the last question had no answer; "" if it had
};

}  // namespace scanner
