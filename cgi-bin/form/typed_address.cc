#include "cgi-bin/form/typed_address.h"

#include <string>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/narrow_text.h"
#include "cgi-bin/form/unseen.h"

namespace formmail {

std::optional<mail::Address> typed_address(std::string_view value) {
  if (value.find('\n') != std::string_view::npos) return std::nullopt;
  const std::string seen = without_unseen(value);
  const std::string narrow = narrow_text(seen);
  return mail::Address::parse(narrow.empty() ? without_blanks(seen) : narrow);
}

}  // namespace formmail
