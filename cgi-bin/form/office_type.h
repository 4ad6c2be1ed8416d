#pragma once

#include <string_view>

namespace formmail {

/// The media type of an Office document that is a zip inside: Office Open XML (docx, xlsx, pptx) by the names
/// of its members, OpenDocument by its first one (ODF 1.3 part 2, 3.3). "" for any other zip, and for what is
/// none. Nothing is unpacked.
std::string_view office_type_of(std::string_view zip);

/// Whether `ole` (a compound file) is an Office Open XML document under a password: Office puts those into
/// one (MS-OFFCRYPTO 1.3.3).
bool is_locked_office_file(std::string_view ole);

}  // namespace formmail
