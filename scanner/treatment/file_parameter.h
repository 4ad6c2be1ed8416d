#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// The parameter `name` with the value `file` (UTF-8): plain or quoted where it is ASCII, else as RFC 2231 (3
/// and 4) has it, in as many pieces as lines of 78 characters need. The pieces stand without ";" between
/// them.
std::vector<std::string> file_parameter(std::string_view name, std::string_view file);

}  // namespace scanner
