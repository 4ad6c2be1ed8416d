#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// One range of an Accept or Accept-Language field: `text/html;q=0.8`.
struct Preference {
  std::string range;  ///< in lower case, without its parameters
  int quality;        ///< in thousandths; 0: not wanted
};

/// The ranges of such a field in their order (RFC 9110 12.4.2). A weight that can't be read counts as none
/// given.
std::vector<Preference> preferences(std::string_view field);

}  // namespace formmail
