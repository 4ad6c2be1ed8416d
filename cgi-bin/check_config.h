#pragma once

#include <filesystem>
#include <iosfwd>

namespace formmail {

/// Reads formmail.toml, every site's file and every template that stands in for a built-in one. One line on
/// `errors` for each mistake, with file and line; a summary on `out`. 0 nothing wrong, 2 mistakes.
int check_config(const std::filesystem::path& config, std::ostream& out, std::ostream& errors);

}  // namespace formmail
