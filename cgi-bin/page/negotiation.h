#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// "ja" or "en": the first of them that Accept-Language prefers (RFC 9110 12.5.4), else "ja".
std::string language_of(std::string_view accept_language);

/// Whether an Accept field asks for JSON rather than for a page. What every client takes besides (`*/*`) is
/// no wish for a page; a browser names text/html.
bool wants_json(std::string_view accept);

}  // namespace formmail
