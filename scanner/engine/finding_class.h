#pragma once

#include <cstdint>
#include <string_view>

namespace scanner {

/// What a name that libclamav gives stands for.
enum class FindingClass : std::uint8_t {
  virus,
  not_scanned,  ///< encrypted, or a limit was reached: nothing is known of the rest
  no_virus,     ///< a hint (macros, suspicious links, broken files), or our own canary
};

FindingClass class_of(std::string_view name);

}  // namespace scanner
