#pragma once

#include <cstdint>

namespace scanner {

/// What came of unpacking an archive.
struct MemberReading {
  bool too_large = false;       ///< the budget's bytes were used up
  bool too_many = false;        ///< its members were
  bool encrypted = false;       ///< a member says that it is, and could not be unpacked
  bool unknown_method = false;  ///< a member could not be unpacked

  bool complete() const { return !too_large && !too_many; }
};

/// What may still be unpacked, of all archives in one file together: archives in archives multiply.
struct MemberBudget {
  std::uint64_t bytes = 100'000'000;  ///< packed and unpacked, of all members
  int members = 10'000;
};

}  // namespace scanner
