#pragma once

#include <string_view>
#include <vector>

namespace scanner {

/// Several zip archives in one file, or one among other bytes. Unpackers find the last one, by its end
/// record; libclamav finds none of them.
struct ZipPieces {
  std::vector<std::string_view> archives;  ///< whole ones, each from its first member to its end record
  std::vector<std::string_view> loose;     ///< begins with a member, but no end record tells of it
  bool too_many = false;                   ///< there are more
};

/// The pieces of `bytes`; none for an ordinary archive, and for what is no zip. Linear.
ZipPieces find_zip_pieces(std::string_view bytes);

}  // namespace scanner
