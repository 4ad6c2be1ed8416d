#pragma once

#include <string_view>

#include "scanner/engine/archive/archive_readings.h"

namespace scanner {

bool is_arj(std::string_view bytes);

/// The headers of an ARJ archive, which libarchive does not know.
MemberList list_arj_members(std::string_view bytes);

}  // namespace scanner
