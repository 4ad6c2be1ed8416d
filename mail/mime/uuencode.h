#pragma once

#include <string>
#include <string_view>

#include "mail/mime/quoted_lines.h"

namespace mail {

/// Could it be a line of data, by its length and characters? Blanks cut off at the end and a check character
/// behind are in use.
bool may_be_uuencode(std::string_view line);

/// Is it a whole line of data, to the character?
bool is_uuencode(std::string_view line);

/// Is it one of xxencode, whose alphabet has letters of both cases, and none of uuencode?
bool is_xxencode(std::string_view line);

/// What a uuencoded or xxencoded file comes to, read up to its "end", or up to where its data ends without
/// one: an "end" that never comes must not make the whole rest of a message a file.
struct UuencodedData {
  std::string bytes;         ///< every line that could be data is
  std::string strict_bytes;  ///< whole lines alone, if that is something else: else ""
  std::size_t end = 0;       ///< in the text
};

/// `lines` stand on the first line after "begin".
UuencodedData read_uuencode(QuotedLines lines);

/// The data lines of a uuencoded file, with or without its "begin" and "end" lines.
std::string decode_uuencode(std::string_view encoded);

}  // namespace mail
