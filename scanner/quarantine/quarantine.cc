#include "scanner/quarantine/quarantine.h"

#include <fcntl.h>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <system_error>

namespace scanner {

namespace {

/// The longest that a session waits for the disk.
constexpr std::chrono::seconds kLongestWait{10};
/// What may wait for the disk, in memory.
constexpr std::uint64_t kMostWaitingBytes = 256ULL << 20;
constexpr std::int64_t kSecondsADay = 86400;

QuarantineEntry entry_of(const ReceivedMessage& message, const Envelope& envelope, const ScanAnswer& answer) {
  QuarantineEntry entry;
  entry.time = std::time(nullptr);
  entry.size = message.size;
  entry.verdict = answer.verdict;
  entry.set_aside = answer.set_aside;
  entry.findings = answer.findings;
  entry.unscannable = answer.unscannable;
  entry.reason = answer.reason;
  entry.log_id = message.id;
  entry.envelope = envelope;
  return entry;
}

}  // namespace

struct Quarantine::Job {
  mail::FileDescriptor message;
  QuarantineEntry entry;
};

bool is_for_quarantine(const ScanAnswer& answer) {
  if (answer.verdict == Verdict::error) return answer.set_aside;
  return answer.verdict == Verdict::rejected || !answer.findings.empty() || answer.changed;
}

Quarantine::Quarantine(const Settings::Quarantine& settings, mail::Log log)
    : settings_(settings),
      most_bytes_(settings.keep_bytes == 0 ? ~std::uint64_t{0} : settings.keep_bytes),
      log_(std::move(log)),
      store_(QuarantineStore::make(settings.directory)) {
  asio::post(writer_, [this] { sweep_every_hour(); });
}

Quarantine::~Quarantine() {
  ending_ = true;
  asio::post(writer_, [this] { next_sweep_.cancel(); });
  writer_.join();
}

asio::awaitable<void> Quarantine::scanned(const ReceivedMessage& message, const Envelope& envelope,
                                          const ScanAnswer& answer) {
  if (!is_for_quarantine(answer)) co_return;
  if (waiting_bytes_ + message.size > kMostWaitingBytes) {
    failed(message.id, "the disk is too slow: too much waits to be written");
    co_return;
  }
  Job job{mail::FileDescriptor(::fcntl(message.memfd.get(), F_DUPFD_CLOEXEC, 0)),
          entry_of(message, envelope, answer)};
  if (!job.message) {
    failed(message.id, std::generic_category().message(errno));
    co_return;
  }

  const auto own = co_await asio::this_coro::executor;
  const auto done = std::make_shared<asio::steady_timer>(own, kLongestWait);
  waiting_bytes_ += message.size;
  asio::post(writer_, [this, own, done, job = std::move(job)] {
    keep(job);
    waiting_bytes_ -= job.entry.size;
    asio::post(own, [done] { done->cancel(); });
  });
  std::error_code cancelled;
  co_await done->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  if (!cancelled) log_.warning("quarantine slow", {{"id", message.id}, {"text", "mail goes on without it"}});
}

void Quarantine::keep(const Job& job) {
  try {
    make_room(job.entry.size);
    const QuarantineStore::Kept kept = store_.keep(job.message.get(), job.entry);
    if (!kept.added) return;
    ++kept_;
    ++messages_;
    bytes_ += job.entry.size;
    log_.info("quarantined", {{"id", job.entry.log_id}, {"as", kept.id}});
  } catch (const std::exception& error) {
    failed(job.entry.log_id, error.what());
  }
}

void Quarantine::make_room(std::uint64_t size) {
  if (size > most_bytes_) throw std::runtime_error("message is larger than [quarantine] keep_bytes");
  if (bytes_ + size > most_bytes_) sweep(most_bytes_ - size);
}

void Quarantine::sweep(std::uint64_t most_bytes) {
  const std::int64_t oldest = std::time(nullptr) - settings_.keep_days * kSecondsADay;
  const QuarantineStore::Usage usage = store_.sweep(oldest, most_bytes);
  messages_ = usage.messages;
  bytes_ = usage.bytes;
}

void Quarantine::sweep_every_hour() {
  try {
    sweep(most_bytes_);
  } catch (const std::exception& error) {
    log_.error("quarantine sweep failed", {{"error", error.what()}});
  }
  next_sweep_.expires_after(std::chrono::hours(1));
  next_sweep_.async_wait([this](std::error_code cancelled) {
    if (!cancelled && !ending_) sweep_every_hour();
  });
}

void Quarantine::failed(const std::string& id, const std::string& error) {
  ++failed_;
  log_.error("quarantine failed", {{"id", id}, {"error", error}, {"text", "mail goes on without it"}});
}

Quarantine::Counts Quarantine::counts() const { return {kept_, failed_, messages_, bytes_}; }

}  // namespace scanner
