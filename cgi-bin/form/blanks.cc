#include "cgi-bin/form/blanks.h"

#include <algorithm>
#include <array>

namespace formmail {

namespace {

constexpr std::array<std::string_view, 5> kBlanks = {" ", "\t", "\n", "\u3000", "\u00a0"};

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const auto take = [&](std::string_view blank) {
    if (text.starts_with(blank)) {
      text.remove_prefix(blank.size());
      return true;
    }
    if (!text.ends_with(blank)) return false;
    text.remove_suffix(blank.size());
    return true;
  };
  while (std::any_of(kBlanks.begin(), kBlanks.end(), take)) continue;
  return text;
}

}  // namespace formmail
