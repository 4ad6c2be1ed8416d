#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// `text` with `[URL]` for each URL that a mail program would make a link of: with a scheme, with `www.` in
/// front, or a host name with a path behind it. Whoever fills in a form must not have a link mailed to a
/// stranger.
std::string without_urls(std::string_view text);

}  // namespace formmail
