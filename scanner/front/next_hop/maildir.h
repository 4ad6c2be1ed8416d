#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// Makes `folder` with tmp, new and cur, as far as they are missing. Throws std::system_error.
void make_maildir(const std::filesystem::path& folder);

/// Writes a message into new/ and returns its file name. When it returns, file and folder are synced; when it
/// throws std::system_error, new/ has no trace of it. `segments` with CRLF line ends; the file has LF.
std::string write_to_maildir(const std::filesystem::path& folder, const std::string& hostname,
                             const std::vector<std::string_view>& segments);

}  // namespace scanner
