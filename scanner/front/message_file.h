#pragma once

#include <cstdint>

#include "mail/file_descriptor.h"
#include "mail/smtp/dot_stuffing.h"

namespace scanner {

/// A message as it comes in: a memfd that keeps at most so many bytes and is sealed at the end, so that
/// nobody who is handed it can change it under another's eyes.
class MessageFile {
 public:
  /// Throws std::system_error if the kernel gives no memfd.
  explicit MessageFile(std::uint64_t limit);

  /// Keeps the pieces; nothing more once the limit was passed or the memory ended.
  void append(const mail::Pieces& pieces);

  /// More was appended than the limit. What was kept is of no use then.
  bool over_limit() const { return over_limit_; }
  /// There was no memory for all of it.
  bool out_of_memory() const { return out_of_memory_; }
  std::uint64_t size() const { return size_; }

  /// The sealed memfd. Throws std::system_error.
  mail::FileDescriptor seal();

 private:
  void release_memory();

  mail::FileDescriptor memfd_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
  bool over_limit_ = false;
  bool out_of_memory_ = false;
};

}  // namespace scanner
