#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "mail/byte_range.h"
#include "mail/file_descriptor.h"
#include "scanner/verdict.h"

namespace scanner {

/// A received message as the front holds it: a memfd, exactly as it stood between DATA and the final dot,
/// CRLF line ends, dots unstuffed. `id` is the log's name for it.
struct ReceivedMessage {
  std::string id;
  mail::FileDescriptor memfd;
  std::uint64_t size = 0;
};

/// What a worker answered. verdict error: the client gets 451 with `reason`; rejected: 550.
struct ScanAnswer {
  Verdict verdict = Verdict::error;
  std::vector<Finding> findings;
  std::vector<std::string> unscannable;
  std::string reason;
  bool set_aside = false;            ///< verdict error for good: the message has ended its workers, twice
  double seconds = 0;                ///< of scanning, without waiting for a worker
  std::string top;                   ///< goes out first
  std::vector<mail::ByteRange> cut;  ///< of the original, ascending; only without `changed`
  mail::FileDescriptor changed;      ///< in place of the original
  std::uint64_t changed_size = 0;
};

/// The workers and their engine at this moment, for the metrics. Counts run from the start of the front.
struct PoolStatistics {
  std::size_t waiting = 0;  ///< messages that wait for a free worker
  std::size_t workers = 0;
  std::size_t busy = 0;               ///< workers with a message
  std::uint64_t crashes = 0;          ///< workers ended by a signal, or that answered garbage
  std::uint64_t timeouts = 0;         ///< workers that overran timeout_seconds
  std::uint64_t limits = 0;           ///< workers over their CPU time or memory
  std::uint64_t set_aside = 0;        ///< messages deferred because they had ended their workers twice
  std::uint64_t engines = 0;          ///< engines that took over: 1, and one more for each reload or restart
  std::string engine_version;         ///< "1.4.6/27500"; "" no engine
  std::uint64_t signatures = 0;       ///< in the engine
  std::int64_t signatures_built = 0;  ///< seconds since 1970; 0: not known
};

/// The workers as the SMTP session sees them. One thread; every call returns to the session's coroutine.
class WorkerPool {
 public:
  virtual ~WorkerPool() = default;

  /// Waits for a free worker, has the message scanned and returns its answer. Worker crash, time-out or no
  /// engine: an answer with verdict error; it does not throw. `message` must live until it returns.
  virtual asio::awaitable<ScanAnswer> scan(const ReceivedMessage& message) = 0;

  virtual PoolStatistics statistics() const { return {}; }
};

}  // namespace scanner
