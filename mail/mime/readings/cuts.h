#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// A stretch of a message that some reader could take for a part.
struct Piece {
  ByteRange range;                  ///< with its boundary line
  ByteRange header;                 ///< lines that could be its header
  std::size_t end;                  ///< of its body: before the next boundary's line end
  std::vector<std::size_t> bodies;  ///< where its body could begin, each once
};

/// One way to cut a text at lines that some reader could believe to be boundaries.
struct Cut {
  std::string why;
  bool whole = false;  ///< not cut at all, though there are lines to cut at: the least likely way
  std::vector<Piece> pieces;
};

/// All ways: at every line that begins with "--"; at those that begin with something that is called a
/// boundary anywhere in the text; nowhere; and each of these with a lone CR for a line end where there is
/// one. Linear; at most six cuts.
std::vector<Cut> cuts_of(std::string_view text);

}  // namespace mail
