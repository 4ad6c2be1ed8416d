#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/front/worker_pool.h"

namespace scanner {

/// Who sent a message to whom, as it stood in the SMTP session.
struct Envelope {
  std::string client;  ///< address of the client, as XFORWARD tells it if it does
  std::string helo;
  std::string sender;                   ///< without < and >; "" the null sender
  std::vector<std::string> recipients;  ///< those that the next hop accepted
  /// The commands as they went to the next hop, without CRLF, parameters (BODY, SMTPUTF8, NOTIFY ...) and
  /// all: "MAIL FROM:<...> ...", and a "RCPT TO:<...> ..." for each of `recipients`.
  std::string mail_command;
  std::vector<std::string> recipient_commands;
};

/// One message from DATA to the reply at its end. Times are in seconds.
struct MessageReport {
  std::string id;
  Envelope envelope;
  std::uint64_t size = 0;  ///< as received; RFC 1870
  bool scanned = false;    ///< false: refused before it came to a scan (too long, bare newline ...)
  Verdict verdict = Verdict::error;
  std::vector<Finding> findings;
  int reply_code = 0;  ///< what the client got at the final dot
  std::string reply;   ///< its text, one line
  double receive_seconds = 0;
  double scan_seconds = 0;  ///< with waiting for a worker
  double deliver_seconds = 0;
};

/// What the metrics and the quarantine want to know of the SMTP side. Called on its thread: must not block,
/// must not throw.
class FrontObserver {
 public:
  virtual ~FrontObserver() = default;

  virtual void connection_opened() {}
  virtual void connection_closed() {}
  /// Turned away: not trusted, or too many.
  virtual void connection_refused() {}

  /// Right after the scan, before anything goes to the next hop or the client. The session goes on when it
  /// returns, whatever came of it: an observer that keeps the original (by duplicating the sealed memfd) has
  /// then done so, or has said why it could not.
  virtual asio::awaitable<void> scanned(const ReceivedMessage&, const Envelope&, const ScanAnswer&) {
    co_return;
  }

  /// The last reply is on its way to the client.
  virtual void message_done(const MessageReport&) {}

  /// The next hop could not be reached or failed within a session.
  virtual void next_hop_failed(std::string_view /*reason*/) {}
};

}  // namespace scanner
