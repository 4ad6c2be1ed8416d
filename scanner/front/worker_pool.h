#pragma once

#include <asio/awaitable.hpp>
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
  double seconds = 0;                ///< of scanning, without waiting for a worker
  std::string top;                   ///< goes out first
  std::vector<mail::ByteRange> cut;  ///< of the original, ascending; only without `changed`
  mail::FileDescriptor changed;      ///< in place of the original
  std::uint64_t changed_size = 0;
};

/// The workers as the SMTP session sees them. One thread; every call returns to the session's coroutine.
class WorkerPool {
 public:
  virtual ~WorkerPool() = default;

  /// Waits for a free worker, has the message scanned and returns its answer. Worker crash, time-out or no
  /// engine: an answer with verdict error; it does not throw. `message` must live until it returns.
  virtual asio::awaitable<ScanAnswer> scan(const ReceivedMessage& message) = 0;
};

}  // namespace scanner
