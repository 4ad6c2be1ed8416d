#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "scanner/engine/archive/member_reading.h"

namespace scanner {

/// What becomes of an archive in libclamav. It takes most kinds apart and says so where it stops; these not.
enum class ArchiveKind : std::uint8_t {
  other,   ///< no archive, or one that libclamav knows well
  listed,  ///< it skips members that are too large, damaged or packed in a way it lacks, and is silent
  unread,  ///< it takes it for bare bytes
};

/// From the first bytes; of zip archives zip_readings.h knows.
ArchiveKind archive_kind(std::string_view bytes);

/// What an archive of kind `listed` says that it holds.
struct MemberList {
  std::vector<std::uint64_t> sizes;  ///< of its files, unpacked
  bool encrypted = false;
  bool complete = true;  ///< false: it is damaged, or there is more than the limits allow
};

/// Reads headers alone, as far as they can be.
MemberList list_members(std::string_view bytes);

/// Unpacks the members of an archive of any kind but zip, as libarchive does. The bytes live during the call
/// only. What only looked like an archive holds no member, and is read without complaint.
MemberReading for_each_archive_member(std::string_view bytes,
                                      const std::function<void(std::string_view)>& found,
                                      MemberBudget& budget);

}  // namespace scanner
