#pragma once

#include <cstddef>
#include <string_view>

namespace mail {

/// Bytes [begin, end) of a message held in one piece. A range never owns them.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  bool empty() const { return end == begin; }
  std::string_view of(std::string_view message) const { return message.substr(begin, end - begin); }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

}  // namespace mail
