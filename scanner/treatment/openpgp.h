#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// A packet of OpenPGP (RFC 9580, 4) that holds data anyone can read.
struct OpenPgpData {
  /// `none`: the bytes are the data. All others: they are packets again, or become so by unpacking.
  enum class Packing : std::uint8_t { none, packets, deflate, zlib, bzip2 };
  Packing packing = Packing::none;
  std::string bytes;
};

/// Those in `bytes`, up to the first encrypted one or the first byte that begins no packet; none if `bytes`
/// are something else. Linear.
std::vector<OpenPgpData> openpgp_data(std::string_view bytes);

}  // namespace scanner
