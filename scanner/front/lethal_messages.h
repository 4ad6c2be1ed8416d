#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>

namespace scanner {

/// Messages that ended a worker, so that the same one can't go on doing so. Known by the bytes of the body: a
/// client that tries again sends the same body, often under new header lines.
class LethalMessages {
 public:
  /// How often a message may end a worker.
  static constexpr int kMost = 2;

  /// Whether this message has done so kMost times.
  bool is_set_aside(std::string_view message) const;
  /// It has ended a worker. True if that was the last time it could.
  bool add(std::string_view message);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    std::uint64_t body_size;
    Digest digest;
    int deaths;
  };
  // The oldest are forgotten: who keeps ending workers with new messages gets a 4xx for each anyway.
  static constexpr std::size_t kRemembered = 1000;

  static std::string_view body_of(std::string_view message);
  static Digest digest_of(std::string_view body);
  std::list<Entry>::const_iterator find(std::string_view body) const;

  std::list<Entry> entries_;
};

}  // namespace scanner
