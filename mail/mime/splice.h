#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// Bytes of a message replaced by others; an empty range inserts, an empty text removes.
struct Splice {
  ByteRange range;
  std::string text;
};

/// `source` with the splices applied. They may come in any order; insertions at one place keep theirs. One
/// that lies inside the range of another is dropped with it.
std::string apply(std::string_view source, std::vector<Splice> splices);

}  // namespace mail
