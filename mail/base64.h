#pragma once

#include <string>
#include <string_view>

namespace mail {

/// Adds RFC 4648 base64 of `bytes` to `out`, on one line.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace mail
