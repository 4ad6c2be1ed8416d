#include "cgi-bin/seal/packed.h"

namespace formmail {

void Packer::number(std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>((value >> shift) & 0xFF);
}

void Packer::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
}

std::optional<std::uint64_t> Unpacker::number() {
  if (bytes_.size() < 8) return std::nullopt;
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i)
    value = (value << 8) | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(i)]);
  bytes_.remove_prefix(8);
  return value;
}

std::optional<std::string_view> Unpacker::text() {
  const std::optional<std::uint64_t> size = number();
  if (!size || *size > bytes_.size()) return std::nullopt;
  const std::string_view value = bytes_.substr(0, *size);
  bytes_.remove_prefix(*size);
  return value;
}

}  // namespace formmail
