#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace scanner {

/// Unpacks the members of a zip one after the other as they stand in it, without its directory, and gives
/// each to `take`. False if not all could be: encrypted, of an unknown method, cut, or past the limits
/// (10,000 members, 100 MB a member, 400 MB in all). Stops when `take` returns false.
bool unpack_zip_stream(std::string_view bytes,
                       const std::function<bool(const std::string& name, std::string_view content)>& take);

}  // namespace scanner
