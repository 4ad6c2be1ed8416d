#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/engine/archive/member_reading.h"

namespace scanner {

/// Whether `bytes` are one zip archive that every program reads alike: one end record, at the end; the
/// central directory right before it; the members in front without gaps, each local header saying what the
/// directory says; none encrypted; only methods that libclamav unpacks. Empty archives are.
bool is_plain_zip(std::string_view bytes);

/// How large the members of a plain zip say that they are, unpacked; nothing if it is no plain one.
std::optional<std::vector<std::uint64_t>> plain_zip_members(std::string_view bytes);

/// Unpacks whatever follows a local header, wherever one stands in `bytes`, as programs do that repair,
/// stream or join archives: without the central directory, behind another archive, with sizes or an
/// encryption flag that are not true. A member may come several times, cut differently. The bytes live during
/// the call only.
MemberReading for_each_zip_member(std::string_view bytes, const std::function<void(std::string_view)>& found,
                                  MemberBudget& budget);

}  // namespace scanner
