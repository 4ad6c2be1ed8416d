// A session's mail transaction: from MAIL to the reply at the end of data.
#include <sys/random.h>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "scanner/front/next_hop/outgoing_message.h"
#include "scanner/front/smtp_replies.h"
#include "scanner/front/smtp_session.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string new_message_id() {
  unsigned char random[6] = {};
  if (::getrandom(random, sizeof random, 0) != sizeof random) throw std::runtime_error("getrandom");
  std::string id;
  for (const unsigned char byte : random) {
    id += "0123456789abcdef"[byte >> 4];
    id += "0123456789abcdef"[byte & 15];
  }
  return id;
}

/// What an attribute of that name was given as, "" if it was not or is not known ("[UNAVAILABLE]").
std::string attribute(const std::vector<std::string>& attributes, std::string_view name) {
  for (const std::string& each : attributes) {
    const std::size_t equals = each.find('=');
    if (mail::to_upper_ascii(each.substr(0, equals)) != name || equals == std::string_view::npos) continue;
    const std::string value = each.substr(equals + 1);
    return value.starts_with('[') ? "" : value;
  }
  return "";
}

}  // namespace

asio::awaitable<std::optional<mail::SmtpReply>> SmtpSession::ask(asio::awaitable<mail::SmtpReply> step) {
  try {
    mail::SmtpReply answer = co_await std::move(step);
    co_return answer;
  } catch (const NextHopFault& fault) {
    next_hop_failed(fault.what());
  }
  co_return std::nullopt;
}

void SmtpSession::next_hop_failed(std::string_view reason) {
  context_->observer.next_hop_failed(reason);
  context_->log.warning("next hop failed", {{"client", client_address_}, {"reason", reason}});
  transaction_.reset();
  failed_ = true;
}

void SmtpSession::forget_transaction() {
  transaction_.reset();
  failed_ = false;
  recipients_tried_ = 0;
  envelope_ = {};
  origin_.xforward.clear();  // as Postfix does: XFORWARD is of one transaction, XCLIENT of the session
}

/// Gives up what there is of a transaction. The client hears its replies before the next hop is asked.
asio::awaitable<void> SmtpSession::end_transaction() {
  const std::unique_ptr<NextHopTransaction> given_up = std::move(transaction_);
  forget_transaction();
  if (!given_up) co_return;
  co_await stream_.flush(std::chrono::seconds(context_->settings.smtp.command_timeout_seconds));
  co_await given_up->abandon();
}

asio::awaitable<void> SmtpSession::mail(const Command& command) {
  if (helo_.empty()) co_return complain(reply::kHelloFirst);
  if (transaction_) co_return complain(reply::kNestedMail);
  const std::optional<mail::SmtpPath> path = mail::parse_smtp_path(command.argument, "FROM:");
  if (!path) co_return complain(reply::kSyntax);
  if (const mail::SmtpParameter* const size = path->find("SIZE")) {
    const std::optional<std::uint64_t> declared = mail::parse_smtp_number(size->value);
    if (!declared) co_return complain(reply::kSyntax);
    if (*declared > context_->settings.smtp.max_message_bytes) co_return say(reply::kTooLong);
  }
  failed_ = false;
  recipients_tried_ = 0;
  envelope_ = {client_address_, helo_, std::string(path->address), {}, line_, {}};
  for (const std::vector<std::string>* const attributes : {&origin_.xclient, &origin_.xforward}) {
    if (std::string address = attribute(*attributes, "ADDR"); !address.empty()) envelope_.client = address;
    if (std::string helo = attribute(*attributes, "HELO"); !helo.empty()) envelope_.helo = helo;
  }
  transaction_ = context_->next_hop->begin();
  const std::optional<mail::SmtpReply> answer = co_await ask(transaction_->mail(line_, origin_));
  if (!answer) co_return say(reply::kNextHop);
  say(answer->wire);
  if (!answer->positive()) co_await end_transaction();
}

asio::awaitable<void> SmtpSession::rcpt(const Command& command) {
  if (failed_) co_return say(reply::kNextHop);
  if (!transaction_) co_return complain(reply::kMailFirst);
  const std::optional<mail::SmtpPath> path = mail::parse_smtp_path(command.argument, "TO:");
  if (!path || path->address.empty()) co_return complain(reply::kSyntax);
  if (std::ssize(envelope_.recipients) >= context_->settings.smtp.max_recipients) {
    co_return say(reply::kTooManyRecipients);
  }
  if (!envelope_.recipients.empty() &&
      (takes_alone(line_) || takes_alone(envelope_.recipient_commands.front())))
    co_return say(reply::kOneRecipient);
  ++recipients_tried_;
  const std::optional<mail::SmtpReply> answer = co_await ask(transaction_->recipient(line_));
  if (!answer) co_return say(reply::kNextHop);
  say(answer->wire);
  if (!answer->positive()) co_return;
  envelope_.recipients.emplace_back(path->address);
  envelope_.recipient_commands.push_back(line_);
}

bool SmtpSession::takes_alone(const std::string& recipient_command) const {
  return context_->next_hop->takes_alone(envelope_.mail_command, recipient_command);
}

asio::awaitable<void> SmtpSession::rset(const Command&) {
  say(reply::kOk);
  co_await end_transaction();
}

asio::awaitable<void> SmtpSession::data(const Command&) {
  if (failed_) co_return say(reply::kNextHop);
  if (!transaction_) co_return complain(reply::kMailFirst);
  if (recipients_tried_ == 0) co_return complain(reply::kRecipientFirst);
  if (envelope_.recipients.empty()) co_return say(reply::kNoRecipients);
  MessageReport report;
  report.id = new_message_id();
  report.envelope = envelope_;
  const std::string answer = co_await receive_and_deliver(report);
  const mail::SmtpReply parsed = mail::smtp_reply(answer);
  report.reply_code = parsed.code;
  report.reply = parsed.text();
  say(answer);
  log_message(report);
  context_->observer.message_done(report);
  co_await end_transaction();
}

asio::awaitable<std::string> SmtpSession::receive_and_deliver(MessageReport& report) {
  const Settings::Smtp& settings = context_->settings.smtp;
  using Unstuffer = mail::DotUnstuffer;
  const Clock::time_point start = Clock::now();
  Unstuffer unstuffer(settings.normalize_bare_newline ? Unstuffer::BareNewline::normalize
                                                      : Unstuffer::BareNewline::keep);
  std::optional<MessageFile> file;
  try {
    file.emplace(settings.max_message_bytes);
  } catch (const std::system_error& error) {
    context_->log.error("no place for a message", {{"id", report.id}, {"reason", error.what()}});
    co_return std::string(reply::kStorageFull);
  }
  say(reply::kGoAhead);
  co_await stream_.flush(std::chrono::seconds(settings.command_timeout_seconds));
  co_await stream_.receive(unstuffer, *file, std::chrono::seconds(settings.data_timeout_seconds),
                           std::chrono::seconds(settings.message_timeout_seconds));
  report.size = unstuffer.size();
  report.receive_seconds = seconds_since(start);
  if (file->over_limit()) co_return std::string(reply::kTooLong);
  const auto longest_line = static_cast<std::uint64_t>(settings.max_text_line_bytes);
  if (longest_line > 0 && unstuffer.longest_line() > longest_line)
    co_return std::string(reply::kTextLineTooLong);
  if (unstuffer.nul()) co_return std::string(reply::kNul);
  if (unstuffer.bare_newline() && !settings.normalize_bare_newline)
    co_return std::string(reply::kBareNewline);
  if (file->out_of_memory()) co_return std::string(reply::kStorageFull);
  const std::uint64_t size = file->size();
  const ReceivedMessage message{report.id, file->seal(), size};
  co_return co_await scan_and_deliver(message, report);
}

asio::awaitable<std::string> SmtpSession::scan_and_deliver(const ReceivedMessage& message,
                                                           MessageReport& report) {
  const Clock::time_point start = Clock::now();
  const ScanAnswer answer = co_await context_->workers.scan(message);
  report.scanned = true;
  report.scan_seconds = seconds_since(start);
  report.verdict = answer.verdict;
  report.findings = answer.findings;
  if (!answer.reason.empty()) {
    context_->log.warning("not passed on", {{"id", report.id}, {"reason", answer.reason}});
  }
  co_await context_->observer.scanned(message, envelope_, answer);
  if (answer.verdict == Verdict::error) co_return std::string(reply::kCannotScan);
  if (answer.verdict == Verdict::rejected) co_return std::string(reply::kRejected);
  std::unique_ptr<OutgoingMessage> outgoing;
  try {
    outgoing = std::make_unique<OutgoingMessage>(message, answer);
  } catch (const std::exception& error) {
    context_->log.error("no usable answer from a worker", {{"id", report.id}, {"reason", error.what()}});
    co_return std::string(reply::kCannotScan);
  }
  // From here on the message is as clean as it will be, and only the next hop decides.
  const Clock::time_point handed_over = Clock::now();
  const std::optional<mail::SmtpReply> taken = co_await ask(transaction_->data(*outgoing));
  report.deliver_seconds = seconds_since(handed_over);
  co_return taken ? taken->wire : std::string(reply::kNextHop);
}

void SmtpSession::log_message(const MessageReport& report) const {
  std::string viruses;
  for (const Finding& finding : report.findings) viruses += (viruses.empty() ? "" : " ") + finding.virus;
  const auto milliseconds = [](double seconds) { return static_cast<long>(seconds * 1000); };
  context_->log.info("message", {{"id", report.id},
                                 {"client", report.envelope.client},
                                 {"helo", report.envelope.helo},
                                 {"from", report.envelope.sender},
                                 {"to", report.envelope.recipients.front()},
                                 {"recipients", report.envelope.recipients.size()},
                                 {"size", report.size},
                                 {"verdict", report.scanned ? name(report.verdict) : "refused"},
                                 {"virus", viruses},
                                 {"receive_ms", milliseconds(report.receive_seconds)},
                                 {"scan_ms", milliseconds(report.scan_seconds)},
                                 {"deliver_ms", milliseconds(report.deliver_seconds)},
                                 {"reply", std::to_string(report.reply_code) + " " + report.reply}});
}

}  // namespace scanner
