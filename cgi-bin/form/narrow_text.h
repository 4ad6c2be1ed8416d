#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// Full-width ASCII and hyphens as ASCII, blanks at its ends gone: what the visitor's input method wrote
/// wide, "２０２６－４" as "2026-4". "" if anything else is no ASCII.
std::string narrow_text(std::string_view utf8);

}  // namespace formmail
