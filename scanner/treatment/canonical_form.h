#pragma once

#include <string>
#include <string_view>

#include "mail/mime/mime_map.h"

namespace scanner {

/// The message written anew as plain MIME that every reader takes apart alike: the parts of the plain
/// reading, decoded and encoded again, and whatever named file a further reading shows, as attachments.
/// Fields that do not describe the body stay; control characters in them become blanks. For messages that
/// readers could take in different ways; what it holds is what was scanned.
std::string canonical_form(const mail::MimeMap& map, std::string_view line_end);

}  // namespace scanner
