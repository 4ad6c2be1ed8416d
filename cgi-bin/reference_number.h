#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// The one-time number (at least 8 bytes) as a person can read it out: "K7Q2-9XW4-T0MVA", 64 of its bits in
/// Crockford's base 32, which has no I, L, O and U.
std::string reference_number(std::string_view number);

}  // namespace formmail
