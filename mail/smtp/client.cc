#include "mail/smtp/client.h"

#include <algorithm>

#include "mail/smtp/capabilities.h"
#include "mail/smtp/dot_stuffing.h"
#include "mail/smtp/reply.h"

namespace mail {

namespace {

using Clock = std::chrono::steady_clock;

SendOutcome outcome_of(const SmtpReply& reply) {
  const std::string reason = std::to_string(reply.code) + ' ' + reply.text();
  return {reply.permanent() ? SendStatus::permanent : SendStatus::temporary, reason, false};
}

std::vector<SendOutcome> all(const SmtpEnvelope& envelope, const SendOutcome& outcome) {
  return std::vector<SendOutcome>(envelope.recipients.size(), outcome);
}

std::string mail_command(const SmtpEnvelope& envelope, bool utf8, const SmtpCapabilities& offers,
                         std::size_t size) {
  std::string command = "MAIL FROM:<" + (envelope.sender ? envelope.sender->spec() : "") + ">";
  if (offers.has("SIZE")) command += " SIZE=" + std::to_string(size);
  if (utf8) command += offers.has("8BITMIME") ? " SMTPUTF8 BODY=8BITMIME" : " SMTPUTF8";
  return command + "\r\n";
}

bool needs_smtputf8(const SmtpEnvelope& envelope) {
  return envelope.needs_smtputf8 || (envelope.sender && envelope.sender->needs_smtputf8()) ||
         std::ranges::any_of(envelope.recipients, &Address::needs_smtputf8);
}

/// Replies to the commands before the data; code 0 where a command was not sent.
struct Replies {
  SmtpReply sender;
  std::vector<SmtpReply> recipients;
  SmtpReply data;

  bool any_recipient() const { return std::ranges::any_of(recipients, &SmtpReply::positive); }
};

/// What is known of each recipient before the data is sent.
std::vector<SendOutcome> outcomes_so_far(const SmtpEnvelope& envelope, const Replies& replies) {
  if (!replies.sender.positive()) return all(envelope, outcome_of(replies.sender));
  std::vector<SendOutcome> outcomes;
  outcomes.reserve(replies.recipients.size());
  for (const SmtpReply& reply : replies.recipients)
    outcomes.push_back(reply.positive() ? outcome_of(replies.data) : outcome_of(reply));
  return outcomes;
}

}  // namespace

struct SmtpClient::Session {
  Session(const SmtpEndpoint& server, const SmtpTimeouts& limits)
      : timeouts(limits), connection(server, Clock::now() + limits.connect) {}

  void send(const Pieces& pieces) { connection.send(pieces, Clock::now() + timeouts.command); }

  /// The next reply. A server that ends the connection (421) says nothing about the mail.
  SmtpReply receive() {
    SmtpReply reply = connection.receive(Clock::now() + timeouts.command);
    if (reply.code == 421) throw SmtpConnectionError(outcome_of(reply).reason);
    return reply;
  }

  SmtpReply command(std::string_view line) {
    send({line});
    return receive();
  }

  Replies offer_pipelined(const std::string& sender, const std::vector<std::string>& recipients) {
    Pieces commands = {sender};
    commands.insert(commands.end(), recipients.begin(), recipients.end());
    commands.emplace_back("DATA\r\n");
    send(commands);
    Replies replies{receive(), {}, {}};
    for (std::size_t i = 0; i < recipients.size(); ++i) replies.recipients.push_back(receive());
    replies.data = receive();
    return replies;
  }

  Replies offer_stepwise(const std::string& sender, const std::vector<std::string>& recipients) {
    Replies replies{command(sender), {}, {}};
    if (!replies.sender.positive()) return replies;
    for (const std::string& recipient : recipients) replies.recipients.push_back(command(recipient));
    if (replies.any_recipient()) replies.data = command("DATA\r\n");
    return replies;
  }

  /// The data and the reply to its end.
  SmtpReply send_data(std::string_view message) {
    Pieces pieces;
    DotStuffer stuffer;
    stuffer.stuff(message, pieces);
    pieces.push_back(stuffer.end());
    connection.send(pieces, Clock::now() + timeouts.end_of_data);
    return connection.receive(Clock::now() + timeouts.end_of_data);
  }

  SmtpTimeouts timeouts;
  SmtpConnection connection;
  SmtpCapabilities offers;
  bool used = false;  ///< a mail has gone over it: the server may have hung up in the meantime
};

SmtpClient::SmtpClient(SmtpEndpoint server, std::string helo_name, SmtpTimeouts timeouts)
    : server_(std::move(server)), helo_name_(std::move(helo_name)), timeouts_(timeouts) {}

SmtpClient::~SmtpClient() { close(); }

void SmtpClient::close() {
  if (session_) session_->connection.quit();
  session_.reset();
}

void SmtpClient::open() {
  if (session_ && session_->connection.is_quiet()) return;
  session_.reset();
  session_ = std::make_unique<Session>(server_, timeouts_);
  const SmtpReply greeting = session_->receive();
  // A refusal here is about this client or this moment, not about the mail: never permanent.
  if (!greeting.positive()) throw SmtpConnectionError("greeting: " + outcome_of(greeting).reason);
  SmtpReply hello = session_->command("EHLO " + helo_name_ + "\r\n");
  if (hello.positive())
    session_->offers = SmtpCapabilities(hello);
  else if (hello.permanent())
    hello = session_->command("HELO " + helo_name_ + "\r\n");
  if (!hello.positive()) throw SmtpConnectionError("EHLO: " + outcome_of(hello).reason);
}

std::vector<SendOutcome> SmtpClient::send(const SmtpEnvelope& envelope, std::string_view message) {
  if (envelope.recipients.empty()) return {};
  for (;;) {
    const bool may_be_stale = session_ && session_->used;
    try {
      open();
      return transact(envelope, message);
    } catch (const SmtpConnectionError& error) {
      session_.reset();
      // A kept connection that ends before the data has taken no mail: one new connection is tried.
      if (!may_be_stale) return all(envelope, {SendStatus::temporary, error.what(), true});
    }
  }
}

std::vector<SendOutcome> SmtpClient::transact(const SmtpEnvelope& envelope, std::string_view message) {
  const SmtpCapabilities& offers = session_->offers;
  const bool utf8 = needs_smtputf8(envelope);
  if (utf8 && !offers.has("SMTPUTF8"))
    return all(envelope, {SendStatus::permanent, "the server does not offer SMTPUTF8 (RFC 6531)", false});
  if (offers.size_limit() && message.size() > *offers.size_limit())
    return all(envelope,
               {SendStatus::permanent, "the mail is larger than the server takes (RFC 1870)", false});

  const std::string sender = mail_command(envelope, utf8, offers, message.size());
  std::vector<std::string> recipients;
  recipients.reserve(envelope.recipients.size());
  for (const Address& recipient : envelope.recipients)
    recipients.push_back("RCPT TO:<" + recipient.spec() + ">\r\n");
  const Replies replies = offers.has("PIPELINING") ? session_->offer_pipelined(sender, recipients)
                                                   : session_->offer_stepwise(sender, recipients);
  session_->used = true;
  std::vector<SendOutcome> outcomes = outcomes_so_far(envelope, replies);
  // Not RSET: a refusal is rare, and DATA may have been taken for no recipient at all.
  if (!replies.data.intermediate() || !replies.any_recipient()) return close(), outcomes;

  SendOutcome final;
  // Beyond this point the server may have taken the mail, whatever becomes of the connection.
  try {
    const SmtpReply reply = session_->send_data(message);
    final = reply.positive() ? SendOutcome{SendStatus::accepted, reply.text(), false} : outcome_of(reply);
    if (!reply.positive()) close();
  } catch (const SmtpConnectionError& error) {
    session_.reset();
    final = {SendStatus::temporary, std::string("outcome unknown: ") + error.what(), false};
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (replies.recipients[i].positive()) outcomes[i] = final;
  return outcomes;
}

}  // namespace mail
