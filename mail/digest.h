#pragma once

#include <string>
#include <string_view>

namespace mail {

/// SHA-256, 32 bytes: stands for bytes of a stranger's where two of them must not pass for the same.
std::string sha256(std::string_view bytes);

}  // namespace mail
