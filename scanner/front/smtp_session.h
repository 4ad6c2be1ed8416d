#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mail/smtp/command.h"
#include "scanner/front/message_file.h"
#include "scanner/front/next_hop/next_hop.h"
#include "scanner/front/observer.h"
#include "scanner/front/smtp_context.h"
#include "scanner/front/smtp_stream.h"

namespace scanner {

/// One client's connection: the server's side of RFC 5321, with what the next hop says passed on.
///
/// SECURITY: reads bytes of whoever may connect, and moves message bytes without looking into them beyond
/// line ends and dots.
class SmtpSession {
 public:
  SmtpSession(std::shared_ptr<SmtpContext> context, SmtpStream::Socket socket, std::string client_address);

  /// From the greeting to the end of the connection. Does not throw.
  asio::awaitable<void> run(bool implicit_tls);

  /// The service is shutting down: a session that waits for a command outside of a transaction ends now.
  void drain();

 private:
  using Command = mail::SmtpCommand;
  using Handler = asio::awaitable<void> (SmtpSession::*)(const Command&);
  struct Verb {
    std::string_view name;
    Handler handler;
    enum class Parameters { none, any } parameters;
  };
  static const Verb kVerbs[];

  asio::awaitable<void> talk();
  asio::awaitable<void> turn_away();
  asio::awaitable<void> execute(const CommandLine& line);

  asio::awaitable<void> ehlo(const Command& command);
  asio::awaitable<void> helo(const Command& command);
  asio::awaitable<void> mail(const Command& command);
  asio::awaitable<void> rcpt(const Command& command);
  asio::awaitable<void> data(const Command& command);
  asio::awaitable<void> rset(const Command& command);
  asio::awaitable<void> noop(const Command& command);
  asio::awaitable<void> vrfy(const Command& command);
  asio::awaitable<void> help(const Command& command);
  asio::awaitable<void> quit(const Command& command);
  asio::awaitable<void> starttls(const Command& command);
  asio::awaitable<void> xforward(const Command& command);
  asio::awaitable<void> xclient(const Command& command);
  asio::awaitable<void> not_implemented(const Command& command);

  /// The way of a message from 354 to the last reply; the reply is returned, not yet sent.
  asio::awaitable<std::string> receive_and_deliver(MessageReport& report);
  asio::awaitable<std::string> scan_and_deliver(const ReceivedMessage& message, MessageReport& report);

  /// A step at the next hop; nothing if it failed, which is then noted: 451 from here on.
  asio::awaitable<std::optional<mail::SmtpReply>> ask(asio::awaitable<mail::SmtpReply> step);
  bool takes_alone(const std::string& recipient_command) const;
  void next_hop_failed(std::string_view reason);
  asio::awaitable<void> end_transaction();
  void forget_transaction();
  void say(std::string_view reply) { stream_.queue(reply); }
  void complain(std::string_view reply);
  std::size_t longest_command() const;
  bool may_forward() const;
  std::string offers(const mail::SmtpCapabilities& next_hop) const;
  void log_message(const MessageReport& report) const;

  std::shared_ptr<SmtpContext> context_;
  SmtpStream stream_;
  std::string client_address_;
  std::string line_;  ///< the command at hand, as it came
  std::string helo_;
  int errors_ = 0;
  bool ended_ = false;
  bool waiting_ = false;  ///< for a command
  ForwardedOrigin origin_;

  std::unique_ptr<NextHopTransaction> transaction_;
  bool failed_ = false;  ///< the next hop failed in this transaction
  int recipients_tried_ = 0;
  Envelope envelope_;
};

}  // namespace scanner
