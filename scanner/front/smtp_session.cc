#include "scanner/front/smtp_session.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "scanner/front/smtp_replies.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostErrors = 100;
constexpr std::size_t kMostAttributes = 32;
constexpr std::string_view kXforwardNames = "NAME ADDR PORT PROTO HELO IDENT SOURCE";

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
    if (mail::to_upper_ascii(each.substr(0, equals)) != name || equals == each.npos) continue;
    const std::string value = each.substr(equals + 1);
    return value.starts_with('[') ? "" : value;
  }
  return "";
}

}  // namespace

const SmtpSession::Verb SmtpSession::kVerbs[] = {
    {"EHLO", &SmtpSession::ehlo, Verb::Parameters::any},
    {"HELO", &SmtpSession::helo, Verb::Parameters::any},
    {"MAIL", &SmtpSession::mail, Verb::Parameters::any},
    {"RCPT", &SmtpSession::rcpt, Verb::Parameters::any},
    {"DATA", &SmtpSession::data, Verb::Parameters::none},
    {"RSET", &SmtpSession::rset, Verb::Parameters::none},
    {"NOOP", &SmtpSession::noop, Verb::Parameters::any},
    {"VRFY", &SmtpSession::vrfy, Verb::Parameters::any},
    {"HELP", &SmtpSession::help, Verb::Parameters::any},
    {"QUIT", &SmtpSession::quit, Verb::Parameters::none},
    {"STARTTLS", &SmtpSession::starttls, Verb::Parameters::none},
    {"XFORWARD", &SmtpSession::xforward, Verb::Parameters::any},
    {"XCLIENT", &SmtpSession::xclient, Verb::Parameters::any},
    {"EXPN", &SmtpSession::not_implemented, Verb::Parameters::any},
    {"ETRN", &SmtpSession::not_implemented, Verb::Parameters::any},
    {"AUTH", &SmtpSession::not_implemented, Verb::Parameters::any},
    {"BDAT", &SmtpSession::not_implemented, Verb::Parameters::any},
};

SmtpSession::SmtpSession(std::shared_ptr<SmtpContext> context, SmtpStream::Socket socket,
                         std::string client_address)
    : context_(std::move(context)),
      stream_(std::move(socket), context_->deadlines),
      client_address_(std::move(client_address)) {}

asio::awaitable<void> SmtpSession::run(bool implicit_tls) {
  std::string_view last_words;
  try {
    if (implicit_tls) {
      co_await stream_.start_tls_as_server(
          *context_->tls, std::chrono::seconds(context_->settings.smtp.command_timeout_seconds));
    }
    if (context_->trusted.contains(client_address_)) {
      co_await talk();
    } else {
      co_await turn_away();
    }
  } catch (const StreamError& error) {
    if (error.kind == StreamError::Kind::timed_out) last_words = reply::kTimeout;
    if (waiting_ && context_->draining) last_words = reply::kShuttingDown;
    context_->log.debug("connection ended", {{"client", client_address_}, {"reason", error.what()}});
  } catch (const std::exception& error) {
    context_->log.error("session failed", {{"client", client_address_}, {"reason", error.what()}});
  }
  transaction_.reset();
  co_await stream_.say_goodbye(last_words);
}

void SmtpSession::drain() {
  if (waiting_ && !transaction_) stream_.cancel();
}

asio::awaitable<void> SmtpSession::talk() {
  const std::chrono::seconds timeout(context_->settings.smtp.command_timeout_seconds);
  say("220 " + context_->hostname + " ESMTP scanrelay\r\n");
  while (!ended_) {
    waiting_ = true;
    if (context_->draining && !transaction_) throw StreamError(StreamError::Kind::closed, "shutting down");
    const CommandLine line = co_await stream_.read_command(longest_command(), timeout);
    if (context_->draining && !transaction_) throw StreamError(StreamError::Kind::closed, "shutting down");
    waiting_ = false;
    co_await execute(line);
    if (errors_ > kMostErrors) {
      say(reply::kTooManyErrors);
      ended_ = true;
    }
  }
}

/// RFC 5321, 3.1: after a 554 greeting the server waits for QUIT and answers all else with 503.
asio::awaitable<void> SmtpSession::turn_away() {
  constexpr std::chrono::seconds kPatience{30};
  constexpr int kMostCommands = 10;
  context_->observer.connection_refused();
  context_->log.warning("client not trusted", {{"client", client_address_}});
  say(reply::kAccessDenied);
  for (int commands = 0; commands < kMostCommands; ++commands) {
    const CommandLine line = co_await stream_.read_command(longest_command(), kPatience);
    if (mail::parse_smtp_command(line.text).verb == "QUIT") {
      say(reply::kBye);
      co_return;
    }
    say(reply::kOnlyQuit);
  }
}

asio::awaitable<void> SmtpSession::execute(const CommandLine& line) {
  if (line.fault == CommandLine::Fault::too_long) co_return complain(reply::kLineTooLong);
  if (line.fault == CommandLine::Fault::bare_newline) co_return complain(reply::kBareNewlineInCommand);
  if (line.fault == CommandLine::Fault::nul) co_return complain(reply::kNulInCommand);
  line_ = line.text;
  const Command command = mail::parse_smtp_command(line_);
  const auto* const verb = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                        [&](const Verb& each) { return each.name == command.verb; });
  if (verb == std::end(kVerbs)) co_return complain(reply::kUnknownCommand);
  if (verb->parameters == Verb::Parameters::none && !command.argument.empty()) {
    co_return complain(reply::kNoParameters);
  }
  co_await (this->*verb->handler)(command);
}

std::size_t SmtpSession::longest_command() const {
  return static_cast<std::size_t>(context_->settings.smtp.max_command_line_bytes);
}

void SmtpSession::complain(std::string_view reply) {
  ++errors_;
  say(reply);
}

// -- Greeting and what the session is about
// ------------------------------------------------------------------

asio::awaitable<void> SmtpSession::ehlo(const Command& command) {
  if (command.argument.empty()) co_return complain(reply::kSyntax);
  co_await end_transaction();
  helo_ = command.argument;
  mail::SmtpCapabilities next_hop;
  try {
    next_hop = co_await context_->next_hop->capabilities();
  } catch (const NextHopFault& fault) {
    // The session starts all the same, with what needs no next hop; MAIL will tell, in time for a retry.
    context_->observer.next_hop_failed(fault.what());
    context_->log.warning("next hop not available", {{"reason", fault.what()}});
  }
  say(offers(next_hop));
}

std::string SmtpSession::offers(const mail::SmtpCapabilities& next_hop) const {
  std::uint64_t size = context_->settings.smtp.max_message_bytes;
  size = std::min(size, next_hop.size_limit().value_or(size));
  std::vector<std::string> lines = {context_->hostname, "SIZE " + std::to_string(size)};
  for (const char* const keyword : {"PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"}) {
    if (next_hop.has(keyword)) lines.emplace_back(keyword);
  }
  if (context_->tls && !stream_.has_tls()) lines.emplace_back("STARTTLS");
  if (may_forward()) {
    lines.push_back("XFORWARD " + std::string(kXforwardNames));
    if (next_hop.has("XCLIENT")) lines.push_back("XCLIENT " + std::string(next_hop.parameters("XCLIENT")));
  }
  std::string reply;
  for (const std::string& line : lines) {
    reply += &line == &lines.back() ? "250 " : "250-";
    reply += line + "\r\n";
  }
  return reply;
}

asio::awaitable<void> SmtpSession::helo(const Command& command) {
  if (command.argument.empty()) co_return complain(reply::kSyntax);
  co_await end_transaction();
  helo_ = command.argument;
  say("250 " + context_->hostname + "\r\n");
}

asio::awaitable<void> SmtpSession::starttls(const Command&) {
  if (!context_->tls) co_return complain(reply::kNotImplemented);
  if (stream_.has_tls()) co_return complain(reply::kTlsActive);
  co_await end_transaction();
  say(reply::kStartTls);
  const std::chrono::seconds timeout(context_->settings.smtp.command_timeout_seconds);
  co_await stream_.flush(timeout);
  co_await stream_.start_tls_as_server(*context_->tls, timeout);
  // RFC 3207, 4.2: what was said in the clear is forgotten.
  helo_.clear();
  origin_ = {};
}

bool SmtpSession::may_forward() const { return context_->xforward.contains(client_address_); }

asio::awaitable<void> SmtpSession::xforward(const Command& command) {
  if (!may_forward()) co_return complain(reply::kNotAuthorized);
  if (transaction_) co_return complain(reply::kInTransaction);
  const auto parameters = mail::parse_smtp_parameters(command.argument);
  if (!parameters || parameters->empty() || origin_.xforward.size() + parameters->size() > kMostAttributes) {
    co_return complain(reply::kSyntax);
  }
  for (const mail::SmtpParameter& parameter : *parameters) {
    origin_.xforward.push_back(parameter.keyword + "=" + std::string(parameter.value));
  }
  say(reply::kOk);
}

asio::awaitable<void> SmtpSession::xclient(const Command& command) {
  if (!may_forward()) co_return complain(reply::kNotAuthorized);
  if (transaction_) co_return complain(reply::kInTransaction);
  const auto parameters = mail::parse_smtp_parameters(command.argument);
  if (!parameters || parameters->empty() || origin_.xclient.size() + parameters->size() > kMostAttributes) {
    co_return complain(reply::kSyntax);
  }
  for (const mail::SmtpParameter& parameter : *parameters) {
    origin_.xclient.push_back(parameter.keyword + "=" + std::string(parameter.value));
  }
  helo_.clear();
  say("220 " + context_->hostname + " ESMTP scanrelay\r\n");
}

asio::awaitable<void> SmtpSession::noop(const Command&) {
  say(reply::kOk);
  co_return;
}

asio::awaitable<void> SmtpSession::vrfy(const Command& command) {
  if (command.argument.empty()) co_return complain(reply::kSyntax);
  say(reply::kCannotVerify);
}

asio::awaitable<void> SmtpSession::help(const Command&) {
  say(reply::kHelp);
  co_return;
}

asio::awaitable<void> SmtpSession::not_implemented(const Command&) {
  complain(reply::kNotImplemented);
  co_return;
}

asio::awaitable<void> SmtpSession::quit(const Command&) {
  say(reply::kBye);
  ended_ = true;
  co_await end_transaction();
}

// -- A transaction
// ---------------------------------------------------------------------------------------------

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
  if (context_->next_hop->one_recipient_only() && !envelope_.recipients.empty())
    co_return say(reply::kOneRecipient);
  ++recipients_tried_;
  const std::optional<mail::SmtpReply> answer = co_await ask(transaction_->recipient(line_));
  if (!answer) co_return say(reply::kNextHop);
  say(answer->wire);
  if (!answer->positive()) co_return;
  envelope_.recipients.emplace_back(path->address);
  envelope_.recipient_commands.push_back(line_);
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
  MessageFile file(settings.max_message_bytes);
  say(reply::kGoAhead);
  co_await stream_.flush(std::chrono::seconds(settings.command_timeout_seconds));
  co_await stream_.receive(unstuffer, file, std::chrono::seconds(settings.data_timeout_seconds),
                           std::chrono::seconds(settings.message_timeout_seconds));
  report.size = unstuffer.size();
  report.receive_seconds = seconds_since(start);
  if (file.over_limit()) co_return std::string(reply::kTooLong);
  const auto longest_line = static_cast<std::uint64_t>(settings.max_text_line_bytes);
  if (longest_line > 0 && unstuffer.longest_line() > longest_line)
    co_return std::string(reply::kTextLineTooLong);
  if (unstuffer.nul()) co_return std::string(reply::kNul);
  if (unstuffer.bare_newline() && !settings.normalize_bare_newline)
    co_return std::string(reply::kBareNewline);
  if (file.out_of_memory()) co_return std::string(reply::kStorageFull);
  const std::uint64_t size = file.size();
  const ReceivedMessage message{report.id, file.seal(), size};
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
  if (!taken) co_return std::string(reply::kNextHop);
  transaction_.reset();
  co_return taken->wire;
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
