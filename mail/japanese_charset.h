#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// ISO-2022-JP as mail has it: RFC 1468, and what Microsoft's programs add to it: NEC row 13, the IBM
/// characters in rows 89 to 92, half-width kana by ESC ( I; JIS X 0212 by ESC $ ( D. Nothing for a byte that
/// does not fit, an unknown or cut escape, or half a character.
std::optional<std::string> iso_2022_jp_to_utf8(std::string_view bytes);

/// EUC-JP as browsers and mail programs write it: EUC-JP-MS, with rows 89 to 92 read as the IBM characters
/// that WHATWG and CP51932 have there (iconv's EUC-JP-MS takes them for private characters).
std::optional<std::string> euc_jp_to_utf8(std::string_view bytes);

}  // namespace mail
