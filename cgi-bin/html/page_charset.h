#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace formmail {

/// What a page says and shows of its own charset. Labels are as the page writes them.
struct PageCharset {
  std::string label;                       ///< in which the page is to be read
  bool byte_order_mark = false;            ///< UTF-8's
  std::string declared;                    ///< <meta charset>, <meta http-equiv>, <?xml encoding?>; "" none
  std::optional<std::size_t> declaration;  ///< offset of that
  bool guessed = false;                    ///< nothing told: `label` is what the bytes look like
};

/// Finds the charset of a page as browsers do (WHATWG HTML 13.2.3), but with no limit on where in the page
/// the declaration may stand, and with a guess among the Japanese charsets at the end.
PageCharset charset_of_page(std::string_view bytes);

/// Whether the page is in UTF-16 or UTF-32, whose markup is not in ASCII bytes: no tool here can read it.
bool is_wide(std::string_view bytes);

}  // namespace formmail
