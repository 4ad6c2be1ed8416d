#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// Whether iconv(3) can convert the charset of this name. `name` must not be a stranger's text.
bool iconv_knows(const std::string& name);

/// Converts all of `bytes`, strictly: nothing if iconv does not know a name, or at the first byte or
/// character that does not fit. Ends in the initial state of a stateful charset.
std::optional<std::string> iconv_convert(std::string_view bytes, const std::string& from,
                                         const std::string& to);

}  // namespace mail
