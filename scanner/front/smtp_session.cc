#include "scanner/front/smtp_session.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "scanner/front/smtp_replies.h"

namespace scanner {

namespace {

constexpr int kMostErrors = 100;
constexpr std::size_t kMostAttributes = 32;
constexpr std::string_view kXforwardNames = "NAME ADDR PORT PROTO HELO IDENT SOURCE";

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
  constexpr std::chrono::seconds kPatience{10};
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

}  // namespace scanner
