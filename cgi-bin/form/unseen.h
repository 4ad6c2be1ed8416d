#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// `utf8` without the characters that nobody sees and that come with pasted text: marks of direction, as
/// address books put them around telephone numbers, spaces of no width, soft hyphens, byte order marks. For
/// what is judged by its characters; a sentence keeps them.
std::string without_unseen(std::string_view utf8);

}  // namespace formmail
