#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mail/log.h"
#include "mail/smtp/capabilities.h"
#include "mail/smtp/reply.h"
#include "scanner/front/deadlines.h"
#include "scanner/front/next_hop/outgoing_message.h"
#include "scanner/settings.h"

namespace scanner {

/// The next hop can't be reached, went away, or said what is no SMTP: 451 4.4.1 to the client.
struct NextHopFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a trusted client said of the mail's origin, for the next hop: NAME=value each, as they came.
struct ForwardedOrigin {
  std::vector<std::string> xforward;
  std::vector<std::string> xclient;
};

/// One message on its way. The calls come in the order of RFC 5321: mail() once, recipient() for each, then
/// data(); each throws NextHopFault, and after that the transaction is of no more use. Destroying one that
/// has not come to its end drops what it holds at the next hop.
class NextHopTransaction {
 public:
  virtual ~NextHopTransaction() = default;

  /// `line` is the whole command without CRLF. Replies come back as they were.
  virtual asio::awaitable<mail::SmtpReply> mail(std::string line, const ForwardedOrigin& origin) = 0;
  virtual asio::awaitable<mail::SmtpReply> recipient(std::string line) = 0;

  /// Hands the message over. A positive reply means that the next hop has taken it; a refusal of DATA itself
  /// is given back like one of the message, and the transaction is then still to be abandoned.
  virtual asio::awaitable<mail::SmtpReply> data(const OutgoingMessage& message) = 0;

  /// Gives up what is left of the transaction; after data() that is mostly nothing. Does not throw.
  virtual asio::awaitable<void> abandon() = 0;
};

class NextHop {
 public:
  virtual ~NextHop() = default;

  /// What it offers, as far as can be told now. Throws NextHopFault.
  virtual asio::awaitable<mail::SmtpCapabilities> capabilities() = 0;

  /// Begins a transaction; goes nowhere before mail().
  virtual std::unique_ptr<NextHopTransaction> begin() = 0;

  /// Whether this recipient of that sender must have a transaction of its own (whole commands): the next hop
  /// answers for each recipient at the end, and the client has but one reply.
  virtual bool takes_alone(const std::string& /*mail*/, const std::string& /*recipient*/) const {
    return false;
  }

  /// Lets go of connections that are kept for later.
  virtual void close_idle() {}
};

/// The next hop of settings.next_hop.deliver; `hostname` is this host's. Throws std::exception with a text
/// for the admin.
std::shared_ptr<NextHop> make_next_hop(asio::io_context& io, const Settings& settings,
                                       const std::string& hostname, std::shared_ptr<Deadlines> deadlines,
                                       const mail::Log& log);

}  // namespace scanner
