#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "mail/smtp/capabilities.h"
#include "mail/smtp/next_hop_url.h"
#include "scanner/front/next_hop/next_hop.h"
#include "scanner/front/smtp_stream.h"

namespace scanner {

/// How to reach an SMTP or LMTP next hop; the same for all connections to it.
struct NextHopTarget {
  mail::NextHopUrl url;
  Settings::NextHop settings;
  std::string hostname;  ///< for EHLO
  std::shared_ptr<Deadlines> deadlines;
  std::shared_ptr<asio::ssl::context> tls;

  bool is_lmtp() const { return url.scheme == mail::NextHopUrl::Scheme::lmtp; }
  std::chrono::seconds reply_timeout() const { return std::chrono::seconds(settings.reply_timeout_seconds); }
  bool verifies() const { return settings.tls == "verify"; }
  bool requires_tls() const { return verifies() || settings.tls == "require"; }
};

/// A connection to the next hop, greeted and, as far as wished, in TLS. After a NextHopFault it is of no more
/// use.
class NextHopConnection {
 public:
  /// `greeting_timeout` is for each reply up to the last one to EHLO. Throws NextHopFault.
  static asio::awaitable<std::unique_ptr<NextHopConnection>> open(std::shared_ptr<const NextHopTarget> target,
                                                                  std::chrono::seconds greeting_timeout);

  const mail::SmtpCapabilities& capabilities() const { return capabilities_; }

  /// Sends a line and waits for the reply. 421 is a fault: the next hop hangs up.
  asio::awaitable<mail::SmtpReply> command(const std::string& line);
  asio::awaitable<mail::SmtpReply> command(const std::string& line, std::chrono::seconds timeout);

  /// Sends lines and waits for all replies; the last is returned. In one packet where PIPELINING is offered
  /// (RFC 2920), so none may depend on the reply to another.
  asio::awaitable<mail::SmtpReply> commands(const std::vector<std::string>& lines);

  /// XCLIENT, and the greeting anew as it demands.
  asio::awaitable<void> change_client(const std::vector<std::string>& attributes);

  /// Sends the message and its end, after 354. As many replies as asked for: one, in LMTP one for each
  /// accepted recipient.
  asio::awaitable<std::vector<mail::SmtpReply>> send(const OutgoingMessage& message, std::size_t replies);

  /// A kept connection on which nothing has happened: as far as can be told, the next hop is still there.
  bool quiet() { return stream_.quiet(); }
  /// It speaks for another client since change_client().
  bool bound_to_client() const { return bound_to_client_; }
  /// How long nothing was said on it.
  std::chrono::steady_clock::duration silence() const {
    return std::chrono::steady_clock::now() - last_reply_;
  }

 private:
  NextHopConnection(std::shared_ptr<const NextHopTarget> target, const asio::any_io_executor& executor);
  static asio::awaitable<std::unique_ptr<NextHopConnection>> connect(
      const std::shared_ptr<const NextHopTarget>& target);
  asio::awaitable<void> greet(bool with_starttls, std::chrono::seconds timeout);
  asio::awaitable<void> hello(std::chrono::seconds timeout);
  asio::awaitable<mail::SmtpReply> reply(std::chrono::seconds timeout);
  std::chrono::seconds reply_timeout() const;

  std::shared_ptr<const NextHopTarget> target_;
  SmtpStream stream_;
  mail::SmtpCapabilities capabilities_;
  std::chrono::steady_clock::time_point last_reply_ = std::chrono::steady_clock::now();
  bool bound_to_client_ = false;
  bool tls_failed_ = false;
};

/// NAME=value attributes as commands: as many in each line as 512 octets hold; only those of `offered`, a
/// blank-separated list of names.
std::vector<std::string> attribute_commands(const std::string& verb,
                                            const std::vector<std::string>& attributes,
                                            std::string_view offered);

}  // namespace scanner
