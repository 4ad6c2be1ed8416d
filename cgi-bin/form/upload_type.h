#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// A file name as it may be shown and mailed: the last component of a path (old browsers send
/// `C:\folder\name`), without controls and bidi characters, and without what Windows reads otherwise than
/// people do (colons; dots and blanks at the end); at most 120 characters. "file" where nothing is left.
/// `name` is UTF-8.
std::string safe_file_name(std::string_view name);

/// The media type that the content shows: its first bytes, of a zip its members, too;
/// application/octet-stream where they show none. What a browser says of a file is not asked.
std::string media_type_of(std::string_view bytes);

/// Whether a file is of one of the kinds that a form takes, each a file name extension in lower case: its
/// name must end in one of them, and its content must not be of another kind than the name says.
bool is_of_type(std::string_view name, std::string_view bytes, const std::vector<std::string>& extensions);

}  // namespace formmail
