#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/front/worker_pool.h"

namespace scanner {

/// What a worker answered can't be sent (ranges outside of the message, a memfd that may still change).
struct BadAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A scanned message as the next hop gets it: the lines on top, then the rest, in segments that are mapped
/// from the memfds and never copied. `message` and `answer` must outlive it.
///
/// SECURITY: the answer comes from the process that parsed the message. Ranges are checked, and a memfd is
/// mapped only if its seals forbid to shrink or write it: no worker can make the front read past a file's
/// end.
class OutgoingMessage {
 public:
  /// Throws BadAnswer, or std::system_error if a memfd can't be mapped.
  OutgoingMessage(const ReceivedMessage& message, const ScanAnswer& answer);
  ~OutgoingMessage();
  OutgoingMessage(const OutgoingMessage&) = delete;
  OutgoingMessage& operator=(const OutgoingMessage&) = delete;

  /// In order; CRLF line ends, no dot stuffed.
  const std::vector<std::string_view>& segments() const { return segments_; }
  std::uint64_t size() const;
  /// SHA-256 of the message as it was received.
  std::string digest() const;

 private:
  std::string_view map(int memfd, std::uint64_t size);

  const ReceivedMessage& received_;
  std::string_view mapped_;
  std::vector<std::string_view> segments_;
};

}  // namespace scanner
