#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// Is it CMS (RFC 5652), the older PKCS #7 or something near?
bool is_cms(std::string_view bytes);

/// The content of each structure in `bytes` that has one: still a zlib stream where it is compressed data
/// (RFC 3274). BER with lengths of any form is read, as senders stream it; damage ends the search. Linear.
std::vector<std::string> cms_contents(std::string_view bytes);

}  // namespace scanner
