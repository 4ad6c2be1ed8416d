#pragma once

#include <array>
#include <filesystem>
#include <string>

namespace formmail {

/// 32 random bytes, the root of all seals of a machine.
using Secret = std::array<unsigned char, 32>;

/// Reads `directory`/secret; the first process that finds none makes it (mode 0600), and the directory, too.
/// Of several at the same time one wins, and all have its secret. Throws StateError.
Secret site_secret(const std::filesystem::path& directory);

/// Random bytes from the kernel.
std::string random_bytes(std::size_t count);

}  // namespace formmail
