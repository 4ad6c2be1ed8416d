#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// A file that stands in a text, from before MIME: uuencode, xxencode, "begin-base64", yEnc, BinHex, the
/// ASCII armor of OpenPGP and S/MIME; quoted ("> ") or indented as well.
struct InlineFile {
  ByteRange range;       ///< its lines in the text, first and last included
  std::string name;      ///< as it stands there, any bytes; "" none
  std::string encoding;  ///< "uuencode", "yEnc", "BinHex", "armor"
  std::string bytes;     ///< decoded
};

/// All of them in `text`, wherever a line begins one, in the order of these lines. They may overlap, as a
/// false beginning must not hide the true one behind it; in all they are at most a few times as long as the
/// text, and so is the work.
std::vector<InlineFile> find_inline_files(std::string_view text);

}  // namespace mail
