#pragma once

#include <cstddef>
#include <string_view>

namespace formmail {

/// How many characters of `utf8` a person counts: what belongs to the character before it (an accent, a
/// variant of a kanji, a tone of skin) is none of its own, and people joined to a family or letters to a flag
/// are one (UAX #29). A half-width voiced sound mark, which stands apart, is one.
std::size_t count_characters(std::string_view utf8);

}  // namespace formmail
