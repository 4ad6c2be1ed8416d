#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace formmail {

/// Strings and numbers one after another in bytes, each string behind its length: what a seal is taken over,
/// so that no two different submissions have the same bytes.
class Packer {
 public:
  void number(std::uint64_t value);
  void text(std::string_view value);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a Packer wrote; nothing where the bytes end too early.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
  std::optional<std::uint64_t> number();
  std::optional<std::string_view> text();
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace formmail
