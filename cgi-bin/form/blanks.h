#pragma once

#include <string_view>

namespace formmail {

/// `text` in UTF-8 without the blanks at its ends: spaces, also the ideographic one (U+3000) of Japanese
/// keyboards and the no-break one that comes with pasted text, tabs and line ends.
std::string_view without_blanks(std::string_view text);

}  // namespace formmail
