#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// `utf8` with each kana that is followed by a combining (semi-)voiced sound mark as one character: か and
/// U+3099 are が. File names come so from macOS. Windows draws the two apart, old mail programs can't draw
/// them, and no Japanese charset has the marks.
///
/// Not Unicode's NFC, which would also turn the 神 of a person's name (U+FA19) into the common one (U+795E).
std::string composed_kana(std::string_view utf8);

}  // namespace formmail
