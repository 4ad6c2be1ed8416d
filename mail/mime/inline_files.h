#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// A file that stands in a text, from before MIME: uuencode, "begin-base64", yEnc, BinHex.
struct InlineFile {
  ByteRange range;       ///< its lines in the text, first and last included
  std::string name;      ///< as it stands there, any bytes; "" none
  std::string encoding;  ///< "uuencode", "yEnc", "BinHex"
  std::string bytes;     ///< decoded; a BinHex file stays as it is: libclamav reads it
};

/// All of them in `text`, wherever a line begins one. Linear: they don't overlap.
std::vector<InlineFile> find_inline_files(std::string_view text);

}  // namespace mail
