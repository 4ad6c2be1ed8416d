#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/form/form.h"

namespace formmail {

/// Whether the visitor's values hold one of the site's words, or more than `most_urls` URLs (-1: any number).
bool has_refused_text(const Form& form, const std::vector<std::string>& words, int most_urls);

/// `text` for comparing: full-width ASCII as ASCII, ASCII letters in lower case.
std::string folded(std::string_view text);

}  // namespace formmail
