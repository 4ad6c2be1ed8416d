#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/mime/mime_map.h"
#include "scanner/treatment/treatment.h"

namespace scanner {

/// The X-Virus-... lines for the head of the message, each folded at 78 characters where it can be.
std::string report_fields(const Treatment& treatment, std::string_view engine_version,
                          std::string_view line_end);

/// The lines of these names that the message came with, in its own header only.
std::vector<mail::ByteRange> foreign_report_fields(const mail::MimeMap& map);

}  // namespace scanner
