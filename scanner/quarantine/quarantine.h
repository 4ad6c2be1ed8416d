#pragma once

#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <cstdint>

#include "mail/log.h"
#include "scanner/front/observer.h"
#include "scanner/quarantine/store.h"
#include "scanner/settings.h"

namespace scanner {

/// Keeps the originals of messages that were changed, rejected or set aside.
///
/// One thread writes: fsync takes as long as the disk likes, and no other session may wait for it. The
/// session of the message itself waits, so that a message that was changed is not given away before its
/// original is on disk; but not for ever, and a quarantine that fails is logged and counted and holds no mail
/// up.
class Quarantine : public FrontObserver {
 public:
  struct Counts {
    std::uint64_t kept = 0;    ///< since the start
    std::uint64_t failed = 0;  ///< originals that should have been kept and were not
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;  ///< of all that lie there now, as far as this process knows
  };

  /// Makes the directory where it is missing. Throws std::system_error. Starts a thread.
  Quarantine(const Settings::Quarantine& settings, mail::Log log);
  /// Waits for what is being written.
  ~Quarantine() override;

  asio::awaitable<void> scanned(const ReceivedMessage& message, const Envelope& envelope,
                                const ScanAnswer& answer) override;

  Counts counts() const;

 private:
  struct Job;
  void keep(const Job& job);
  void make_room(std::uint64_t size);
  void sweep(std::uint64_t most_bytes);
  void sweep_every_hour();
  void failed(const std::string& id, const std::string& error);

  const Settings::Quarantine settings_;
  const std::uint64_t most_bytes_;
  const mail::Log log_;
  const QuarantineStore store_;
  std::atomic<std::uint64_t> waiting_bytes_{0};
  std::atomic<std::uint64_t> kept_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> messages_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> ending_{false};
  asio::thread_pool writer_{1};
  asio::steady_timer next_sweep_{writer_};
};

/// Whether a message's original is one to keep: what went on is not what came, or nothing went on.
bool is_for_quarantine(const ScanAnswer& answer);

}  // namespace scanner
