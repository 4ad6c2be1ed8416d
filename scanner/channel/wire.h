#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "scanner/channel/channel.h"

namespace scanner {

/// Puts fields into a packet. Numbers stand in the machine's own byte order: both ends are this machine.
class PacketWriter {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void operator()(const T& number) {
    packet_.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    packet_.bytes += text;
  }
  template <class T>
  void operator()(const std::vector<T>& list) {
    (*this)(static_cast<std::uint32_t>(list.size()));
    for (const T& element : list) (*this)(element);
  }
  /// An optional descriptor: -1 is none. It is duplicated into the packet.
  void operator()(const mail::FileDescriptor& fd) {
    const bool present = static_cast<bool>(fd);
    (*this)(present);
    if (present) packet_.fds.emplace_back(::dup(fd.get()));
  }
  template <class T>
  requires requires(PacketWriter& writer, const T& value) { fields(writer, value); }
  void operator()(const T& value) { fields(*this, value); }

  Packet take() { return std::move(packet_); }

 private:
  Packet packet_;
};

/// Takes fields out of a packet that a possibly hostile process sent. Throws ChannelError on bytes that are
/// missing, left over, or out of an enumeration's range.
class PacketReader {
 public:
  explicit PacketReader(Packet& packet) : packet_(packet), rest_(packet.bytes) {}

  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(T& number) {
    const std::string_view bytes = take(sizeof number);
    if constexpr (std::same_as<T, bool>) {
      if (bytes[0] != 0 && bytes[0] != 1) throw ChannelError("packet with a flag that is none");
      number = bytes[0] == 1;
    } else {
      std::memcpy(&number, bytes.data(), sizeof number);
    }
  }
  /// Enumerations that travel start at 0 and have `count_of` their values.
  template <class T>
  requires std::is_enum_v<T>
  void operator()(T& value) {
    std::underlying_type_t<T> number{};
    (*this)(number);
    if (static_cast<std::uint64_t>(number) >= static_cast<std::uint64_t>(count_of(T{}))) {
      throw ChannelError("packet with a value out of range");
    }
    value = static_cast<T>(number);
  }
  void operator()(std::string& text) {
    std::uint32_t size = 0;
    (*this)(size);
    text = take(size);
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    std::uint32_t count = 0;
    (*this)(count);
    if (count > rest_.size()) throw ChannelError("packet with a list longer than itself");
    list.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      T element{};
      (*this)(element);
      list.push_back(std::move(element));
    }
  }
  void operator()(mail::FileDescriptor& fd) {
    bool present = false;
    (*this)(present);
    if (!present) return;
    if (next_fd_ == packet_.fds.size()) throw ChannelError("packet without its descriptor");
    fd = std::move(packet_.fds[next_fd_++]);
  }
  template <class T>
  requires requires(PacketReader& reader, T& value) { fields(reader, value); }
  void operator()(T& value) { fields(*this, value); }

  /// Nothing may be left over.
  void finish() const {
    if (!rest_.empty() || next_fd_ != packet_.fds.size())
      throw ChannelError("packet with something left over");
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw ChannelError("packet cut short");
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  Packet& packet_;
  std::string_view rest_;
  std::size_t next_fd_ = 0;
};

}  // namespace scanner
