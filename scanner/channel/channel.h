#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mail/file_descriptor.h"

namespace scanner {

/// The peer sent what it may not: it is not to be trusted any more, its process is to be ended.
struct ChannelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One message between two processes: bytes and the descriptors that go with it.
struct Packet {
  std::string bytes;
  std::vector<mail::FileDescriptor> fds;
};

/// One end of a SOCK_SEQPACKET pair. Message borders are the kernel's, so a reader can't be brought out of
/// step. A packet over kInlineBytes travels as a sealed memfd.
class Channel {
 public:
  static constexpr std::size_t kInlineBytes = std::size_t{32} * 1024;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMostFds = 3;

  Channel() = default;
  explicit Channel(mail::FileDescriptor socket) : socket_(std::move(socket)) {}

  /// Both ends, close-on-exec. Throws std::system_error.
  static std::pair<Channel, Channel> pair();

  int fd() const { return socket_.get(); }
  explicit operator bool() const { return static_cast<bool>(socket_); }
  mail::FileDescriptor release() { return std::move(socket_); }
  void close() { socket_.reset(); }
  void set_non_blocking() const;

  /// False if the peer is gone, or its buffer is full and the socket does not block. The descriptors of
  /// `packet` stay the caller's. Throws std::system_error where this process is at fault (no descriptors
  /// left).
  bool send(const Packet& packet) const;

  enum class Received { packet, nothing, end };
  /// Takes one packet. `nothing` on a socket without data that does not block, `end` when the peer is gone.
  /// Throws ChannelError on one that is cut, oversized, or has more descriptors than kMostFds.
  Received receive(Packet& packet) const;

 private:
  mail::FileDescriptor socket_;
};

/// A memfd that holds `bytes` and can be changed by nobody any more. Throws std::system_error.
mail::FileDescriptor sealed_memfd(const char* name, std::string_view bytes);

/// Makes the memfd immutable. False if it is none.
bool seal(int memfd);

/// The size of a memfd that nobody can change or shrink; nothing for any other file. What comes from another
/// process is mapped only after this check: a file that shrinks under a mapping kills its reader.
std::optional<std::uint64_t> sealed_size(int fd);

/// A read-only mapping of a whole sealed memfd.
class SealedMapping {
 public:
  /// Throws ChannelError if the file is not sealed or larger than `most`, std::system_error if it can't be
  /// mapped.
  SealedMapping(int fd, std::uint64_t most);
  ~SealedMapping();
  SealedMapping(const SealedMapping&) = delete;
  SealedMapping& operator=(const SealedMapping&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace scanner
