#pragma once

#include <string>
#include <string_view>

#include "mail/mime/mime_map.h"

namespace mail {

/// The file name of a part as UTF-8, whole, "" if it has none: Content-Disposition before Content-Type, RFC
/// 2231 before plain; RFC 2047 words are decoded. Raw 8-bit is read in the part's own charset, in
/// `charset_hint` (that of the mail's text, may be ""), or a Japanese one.
std::string file_name(const MimePart& part, std::string_view charset_hint);

/// Bytes of a name in no stated charset as UTF-8; never fails.
std::string guess_utf8(std::string_view bytes, std::string_view charset_hint);

/// `name` made fit to be shown in text, HTML and headers: control and bidi characters are dropped, no more
/// than 120 characters stay. `name` is UTF-8; bytes that are not become U+FFFD.
std::string shown_file_name(std::string_view name);

}  // namespace mail
