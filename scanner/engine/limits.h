#pragma once

#include <cstdint>

/// Where the scan of one file ends. libclamav is given these, and mostly says so when it stops; what it goes
/// through is counted beside it.
namespace scanner::limits {

inline constexpr std::uint64_t kScanBytes = std::uint64_t{400} << 20;  ///< in all, unpacked
inline constexpr std::uint64_t kFileBytes = std::uint64_t{100} << 20;  ///< one member
inline constexpr int kDepth = 17;
inline constexpr int kFiles = 10'000;

}  // namespace scanner::limits
