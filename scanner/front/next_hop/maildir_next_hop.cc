#include "scanner/front/next_hop/maildir_next_hop.h"

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <functional>
#include <system_error>

#include "scanner/front/next_hop/maildir.h"
#include "scanner/front/smtp_replies.h"

namespace scanner {

namespace {

constexpr std::size_t kWriters = 4;

/// Runs `work` on a thread of the pool and comes back to the coroutine's own.
asio::awaitable<void> run_on(asio::thread_pool& pool, std::function<void()> work) {
  const auto own = co_await asio::this_coro::executor;
  auto start = [&](auto handler) {
    asio::post(pool, [&work, own, handler = std::move(handler)]() mutable {
      std::exception_ptr error;
      try {
        work();
      } catch (...) {
        error = std::current_exception();
      }
      asio::post(own, [error, handler = std::move(handler)]() mutable { std::move(handler)(error); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(start,
                                                                                         asio::use_awaitable);
}

}  // namespace

class MaildirNextHop::Transaction : public NextHopTransaction {
 public:
  explicit Transaction(MaildirNextHop& owner) : owner_(owner) {}

  asio::awaitable<mail::SmtpReply> mail(std::string, const ForwardedOrigin&) override {
    co_return mail::smtp_reply(reply::kSenderOk);
  }
  asio::awaitable<mail::SmtpReply> recipient(std::string) override {
    co_return mail::smtp_reply(reply::kRecipientOk);
  }
  asio::awaitable<void> abandon() override { co_return; }

  asio::awaitable<mail::SmtpReply> data(const OutgoingMessage& message) override {
    std::string name;
    std::string fault;
    bool full = false;
    try {
      co_await run_on(owner_.writers_,
                      [&] { name = write_to_maildir(owner_.folder_, owner_.hostname_, message.segments()); });
    } catch (const std::system_error& error) {
      fault = error.what();
      full = error.code().value() == ENOSPC || error.code().value() == EDQUOT;
    }
    if (full) co_return mail::smtp_reply(reply::kStorageFull);
    if (!fault.empty()) throw NextHopFault(fault);
    co_return mail::smtp_reply("250 2.0.0 Ok: " + name + "\r\n");
  }

 private:
  MaildirNextHop& owner_;
};

MaildirNextHop::MaildirNextHop(std::filesystem::path folder, std::string hostname)
    : folder_(std::move(folder)), hostname_(std::move(hostname)), writers_(kWriters) {
  make_maildir(folder_);
}

MaildirNextHop::~MaildirNextHop() = default;

asio::awaitable<mail::SmtpCapabilities> MaildirNextHop::capabilities() {
  mail::SmtpCapabilities offers;
  for (const char* const keyword : {"PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"}) {
    offers.add(keyword);
  }
  co_return offers;
}

std::unique_ptr<NextHopTransaction> MaildirNextHop::begin() { return std::make_unique<Transaction>(*this); }

}  // namespace scanner
