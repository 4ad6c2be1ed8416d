#pragma once

#include <filesystem>
#include <string>

namespace formmail {

/// The bytes of a page. Throws OwnerError if it can't be read, is longer than kLongestPage, or is in UTF-16.
std::string read_page_file(const std::filesystem::path& file);

constexpr std::size_t kLongestPage = 8388608;

/// Puts `bytes` in place of what `file` holds, whole or not at all: a new file, fsynced, that takes the old
/// one's name, mode and, where that is allowed, owner. Through symbolic links. Throws std::system_error.
void replace_file(const std::filesystem::path& file, const std::string& bytes);

/// The same for a file that the owner didn't name himself: a symbolic link of that name is replaced, not
/// followed, wherever a stranger may have laid it.
void write_file(const std::filesystem::path& file, const std::string& bytes);

}  // namespace formmail
