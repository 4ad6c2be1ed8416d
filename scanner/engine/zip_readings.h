#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace scanner {

/// Whether `bytes` are one zip archive that every program reads alike: one end record, at the end; the
/// central directory right before it; the members in front without gaps, each local header saying what the
/// directory says; none encrypted; only methods that libclamav unpacks. Empty archives are.
bool is_plain_zip(std::string_view bytes);

/// What came of looking for members.
struct ZipReading {
  bool complete = true;         ///< false: the limits were reached
  bool encrypted = false;       ///< a member says that it is, and could not be unpacked
  bool unknown_method = false;  ///< a member could not be unpacked
};

struct ZipReadingLimits {
  std::uint64_t bytes = 100'000'000;  ///< packed and unpacked, of all members
  int members = 10'000;
};

/// Unpacks whatever follows a local header, wherever one stands in `bytes`, as programs do that repair,
/// stream or join archives: without the central directory, behind another archive, with sizes or an
/// encryption flag that are not true. A member may come several times, cut differently. The bytes live during
/// the call only.
ZipReading for_each_zip_member(std::string_view bytes, const std::function<void(std::string_view)>& found,
                               const ZipReadingLimits& limits = {});

}  // namespace scanner
