#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/form/form.h"

namespace formmail {

/// Whether the visitor's values hold one of the site's words, or more than `most_urls` URLs (-1: any number).
bool has_refused_text(const Form& form, const std::vector<std::string>& words, int most_urls);

/// `text` (UTF-8) for comparing: what reads the same is the same. Compatibility forms are one (NFKC: width,
/// circled letters), upper and lower case, and what is invisible is left out.
std::string folded(std::string_view text);

}  // namespace formmail
