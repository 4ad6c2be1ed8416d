#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scanner {

/// One file packed as xz, lzma, lzip or bzip2, told by its first bytes.
bool is_packed_stream(std::string_view bytes);

struct UnpackedStream {
  std::string bytes;
  bool too_large = false;  ///< longer than asked for, or in need of too much memory
};

/// All that can be decoded, whatever checksum is wrong and wherever it breaks off: programs complain of both
/// only when they have written the file.
UnpackedStream unpack_stream(std::string_view packed, std::uint64_t most);

}  // namespace scanner
