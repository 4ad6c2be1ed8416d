#include "scanner/front/next_hop/smtp_next_hop.h"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "mail/smtp/command.h"
#include "scanner/front/smtp_replies.h"

namespace scanner {

namespace {

constexpr std::chrono::seconds kResetTimeout{5};
constexpr std::chrono::seconds kQuitTimeout{2};
/// A client waits for EHLO's reply meanwhile; it can do without the next hop's offers.
constexpr std::chrono::seconds kAskTimeout{20};
/// Silence after which the next hop may have hung up for no other reason (RFC 5321, 4.5.3.2.7, grants five
/// minutes; servers under load grant less): a client was sending slowly, or a scan took its time.
constexpr std::chrono::seconds kLongSilence{30};

bool is_split(const std::vector<mail::SmtpReply>& replies) {
  const auto accepted =
      std::count_if(replies.begin(), replies.end(), [](const auto& r) { return r.positive(); });
  return accepted > 0 && accepted < std::ssize(replies);
}

/// The one reply to the client from LMTP's reply for each recipient. Where they differ, a temporary one; when
/// the client comes again, SplitDeliveries knows who has got the message.
mail::SmtpReply combined(std::vector<mail::SmtpReply> replies) {
  if (is_split(replies)) return mail::smtp_reply(reply::kNotAll);
  const auto temporary =
      std::find_if(replies.begin(), replies.end(), [](const auto& reply) { return reply.temporary(); });
  return std::move(temporary == replies.end() ? replies.front() : *temporary);
}

}  // namespace

class SmtpNextHop::Transaction : public NextHopTransaction {
 public:
  explicit Transaction(std::shared_ptr<SmtpNextHop> owner) : owner_(std::move(owner)) {}

  asio::awaitable<mail::SmtpReply> mail(std::string line, const ForwardedOrigin& origin) override {
    mail_line_ = std::move(line);
    origin_ = origin;
    if (origin_.xclient.empty()) connection_ = owner_->take_kept();
    kept_ = connection_ != nullptr;
    if (!kept_)
      connection_ = co_await NextHopConnection::open(owner_->target_, owner_->target_->reply_timeout());
    bool stale = false;
    mail::SmtpReply reply;
    try {
      reply = co_await say_mail();
    } catch (const NextHopFault&) {
      if (!kept_) throw;
      stale = true;
    }
    if (stale) reply = co_await begin_anew();
    mail_code_ = reply.code;
    co_return reply;
  }

  asio::awaitable<mail::SmtpReply> recipient(std::string line) override {
    mail::SmtpReply reply = co_await ask(line);
    if (reply.positive()) ++accepted_;
    recipients_.push_back({std::move(line), reply.code});
    co_return reply;
  }

  asio::awaitable<mail::SmtpReply> data(const OutgoingMessage& message) override {
    if (std::string before = reply_before(message); !before.empty()) co_return mail::smtp_reply(before);
    mail::SmtpReply go_ahead = co_await ask("DATA");
    if (!go_ahead.intermediate()) {
      if (go_ahead.positive()) throw NextHopFault("DATA: " + go_ahead.text());
      co_return go_ahead;
    }
    const std::size_t replies = owner_->target_->is_lmtp() ? accepted_ : 1;
    std::vector<mail::SmtpReply> answers = co_await connection_->send(message, replies);
    for (const mail::SmtpReply& answer : answers) {
      if (answer.intermediate()) throw NextHopFault("end of data: " + answer.text());
    }
    owner_->keep(std::move(connection_));
    if (owner_->target_->is_lmtp()) remember(answers, message);
    co_return combined(std::move(answers));
  }

  asio::awaitable<void> abandon() override {
    if (!connection_) co_return;
    try {
      const mail::SmtpReply reply = co_await connection_->command("RSET", kResetTimeout);
      if (reply.positive()) owner_->keep(std::move(connection_));
    } catch (const NextHopFault&) {
      // Closing the connection drops the transaction as well.
    }
    connection_.reset();
  }

 private:
  struct Recipient {
    std::string line;
    int code;
  };

  asio::awaitable<mail::SmtpReply> say_mail() {
    if (!origin_.xclient.empty()) co_await connection_->change_client(origin_.xclient);
    const mail::SmtpCapabilities& offers = connection_->capabilities();
    // What is said to XFORWARD changes nothing: the mail goes on without it.
    std::vector<std::string> lines =
        attribute_commands("XFORWARD", origin_.xforward, offers.parameters("XFORWARD"));
    lines.push_back(mail_line_);
    // SIZE is offered by the relay itself, whatever the next hop says.
    if (!offers.has("SIZE")) lines.back() = mail::without_smtp_parameter(mail_line_, "SIZE");
    co_return co_await connection_->commands(lines);
  }

  /// What the server answered when it took this message for this recipient, but not for others; "" if it has
  /// not.
  std::string reply_before(const OutgoingMessage& message) {
    SplitDeliveries& split = owner_->split_;
    for (const Recipient& recipient : recipients_) {
      if (recipient.code / 100 != 2 || !split.has_taken(mail_line_, recipient.line)) continue;
      std::string reply = split.reply_to(mail_line_, recipient.line, message.digest());
      if (!reply.empty()) split.settle(mail_line_, recipient.line);
      return reply;  // it is alone
    }
    return "";
  }

  void remember(const std::vector<mail::SmtpReply>& answers, const OutgoingMessage& message) {
    const bool split = is_split(answers);
    const std::string digest = split ? message.digest() : "";
    auto answer = answers.begin();
    for (const Recipient& recipient : recipients_) {
      if (recipient.code / 100 != 2) continue;
      if (split && answer->positive()) {
        owner_->split_.add(mail_line_, recipient.line, digest, answer->wire);
      } else if (split) {
        owner_->split_.add(mail_line_, recipient.line, "", "");
      } else if (!answer->temporary() && !owner_->split_.has_taken(mail_line_, recipient.line)) {
        owner_->split_.settle(mail_line_, recipient.line);
      }
      ++answer;
    }
  }

  /// A kept connection that fails says nothing about the next hop: a fresh one tells.
  asio::awaitable<mail::SmtpReply> begin_anew() {
    owner_->close_idle();
    connection_.reset();
    kept_ = false;
    connection_ = co_await NextHopConnection::open(owner_->target_, owner_->target_->reply_timeout());
    co_return co_await say_mail();
  }

  /// One command. If a connection that may have gone stale fails before the message was handed over, the
  /// transaction is repeated on a fresh one, which must give the same answers: the client has heard them.
  asio::awaitable<mail::SmtpReply> ask(const std::string& line) {
    const bool may_be_stale = kept_ || connection_->silence() > kLongSilence;
    bool stale = false;
    mail::SmtpReply reply;
    try {
      reply = co_await connection_->command(line);
    } catch (const NextHopFault&) {
      if (!may_be_stale) throw;
      stale = true;
    }
    if (!stale) co_return reply;
    reply = co_await begin_anew();
    if (reply.code != mail_code_) throw NextHopFault("another answer to MAIL on a second connection");
    for (const Recipient& recipient : recipients_) {
      reply = co_await connection_->command(recipient.line);
      if (reply.code != recipient.code) throw NextHopFault("another answer to RCPT on a second connection");
    }
    co_return co_await connection_->command(line);
  }

  std::shared_ptr<SmtpNextHop> owner_;
  std::unique_ptr<NextHopConnection> connection_;
  bool kept_ = false;
  std::string mail_line_;
  int mail_code_ = 0;
  ForwardedOrigin origin_;
  std::vector<Recipient> recipients_;
  std::size_t accepted_ = 0;
};

SmtpNextHop::SmtpNextHop(asio::io_context& io, NextHopTarget target, const mail::Log& log)
    : target_(std::make_shared<const NextHopTarget>(std::move(target))), log_(log), sweep_(io), asked_(io) {}

std::unique_ptr<NextHopTransaction> SmtpNextHop::begin() {
  return std::make_unique<Transaction>(shared_from_this());
}

asio::awaitable<mail::SmtpCapabilities> SmtpNextHop::capabilities() {
  if (asking_) {
    // A thousand clients that greet at once are one question to the next hop, and one wait if it hangs.
    co_await asked_.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
    if (!answer_fault_.empty()) throw NextHopFault(answer_fault_);
  }
  std::unique_ptr<NextHopConnection> connection = take_kept();
  if (!connection) {
    asking_ = true;
    asked_.expires_at(asio::steady_timer::time_point::max());
    answer_fault_.clear();
    try {
      connection = co_await NextHopConnection::open(target_, std::min(target_->reply_timeout(), kAskTimeout));
    } catch (const NextHopFault& fault) {
      answer_fault_ = fault.what();
    }
    asking_ = false;
    asked_.cancel();
    if (!answer_fault_.empty()) throw NextHopFault(answer_fault_);
  }
  const mail::SmtpCapabilities capabilities = connection->capabilities();
  keep(std::move(connection));
  co_return capabilities;
}

std::unique_ptr<NextHopConnection> SmtpNextHop::take_kept() {
  while (!kept_.empty()) {
    std::unique_ptr<NextHopConnection> connection = std::move(kept_.back().connection);
    kept_.pop_back();
    if (connection->quiet()) return connection;
  }
  return nullptr;
}

void SmtpNextHop::keep(std::unique_ptr<NextHopConnection> connection) {
  if (connection->bound_to_client()) return dismiss(std::move(connection));
  kept_.push_back({std::move(connection), Clock::now()});
  if (kept_.size() > static_cast<std::size_t>(target_->settings.idle_connections)) dismiss_oldest();
  if (!kept_.empty() && !sweeping_) wait_to_sweep();
}

void SmtpNextHop::close_idle() {
  while (!kept_.empty()) dismiss_oldest();
}

void SmtpNextHop::dismiss_oldest() {
  dismiss(std::move(kept_.front().connection));
  kept_.pop_front();
}

/// With a word: a server logs connections that break off as a fault.
void SmtpNextHop::dismiss(std::unique_ptr<NextHopConnection> connection) {
  asio::co_spawn(sweep_.get_executor(), say_quit(std::move(connection)), asio::detached);
}

asio::awaitable<void> SmtpNextHop::say_quit(std::unique_ptr<NextHopConnection> connection) {
  try {
    co_await connection->command("QUIT", kQuitTimeout);
  } catch (const NextHopFault&) {
    // It is gone already.
  }
}

void SmtpNextHop::wait_to_sweep() {
  sweeping_ = true;
  sweep_.expires_at(kept_.front().since + kKeep);
  sweep_.async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const std::shared_ptr<SmtpNextHop> self = weak.lock();
    if (!error && self) self->drop_old();
  });
}

void SmtpNextHop::drop_old() {
  const Clock::time_point now = Clock::now();
  while (!kept_.empty() && kept_.front().since + kKeep <= now) dismiss_oldest();
  sweeping_ = false;
  if (!kept_.empty()) wait_to_sweep();
}

}  // namespace scanner
