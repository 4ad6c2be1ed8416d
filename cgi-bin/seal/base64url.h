#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// RFC 4648 5, without padding.
std::string to_base64url(std::string_view bytes);

/// Stops at the first character that is none of its own; a damaged text gives what stands before the damage.
std::string from_base64url(std::string_view text);

}  // namespace formmail
