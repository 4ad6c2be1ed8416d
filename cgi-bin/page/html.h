#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// `text` for HTML, in an element or in a quoted attribute; in character references that the oldest browsers
/// know (they have no &apos;).
std::string html_escape(std::string_view text);

/// The same, with <br> for each line break: for texts of several lines in an element.
std::string html_lines(std::string_view text);

}  // namespace formmail
