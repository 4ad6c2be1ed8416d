#pragma once

#include <optional>
#include <string_view>

namespace mail {

/// The text of the file templates/`path` ("notice/clean.txt") as it was when the program was built: what a
/// program falls back to when no folder of templates is configured or a template in it is broken. The text
/// lives as long as the program. Nothing for a file that was not there.
std::optional<std::string_view> builtin_template(std::string_view path);

}  // namespace mail
