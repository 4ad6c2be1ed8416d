#pragma once

#include <string_view>

#include "cgi-bin/form/label.h"

namespace formmail {

/// Whether `value`, UTF-8 and not empty, looks as the pattern asks. Blanks around it don't count; full-width
/// digits and signs count as the ASCII ones, as Japanese keyboards give them. `language`: "en" widens what a
/// postal code may be; all others have Japan's. Linear in the length of the value.
bool fits_pattern(std::string_view value, Pattern pattern, std::string_view language);

}  // namespace formmail
