#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/mime/mime_map.h"
#include "mail/mime/splice.h"

namespace scanner {

/// Splices, in the source of `part`, that put `notice` (UTF-8, LF) at the head of a text/plain or text/html
/// part: in the part's charset and transfer encoding where that charset holds all of it, else the part is
/// converted to UTF-8 and relabelled. `line_end` is the message's own.
///
/// Nothing where the part can't be read in its charset: then it must stay as it is.
std::optional<std::vector<mail::Splice>> put_notice(const mail::MimeMap& map, const mail::MimePart& part,
                                                    std::string_view notice, std::string_view line_end);

/// The charset a text is in: the label, or what the bytes say where the label is missing.
std::string text_charset(const mail::MimePart& part, std::string_view decoded);

}  // namespace scanner
