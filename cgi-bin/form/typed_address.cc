#include "cgi-bin/form/typed_address.h"

#include <string>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/unseen.h"

namespace formmail {

std::optional<mail::Address> typed_address(std::string_view value) {
  if (value.find('\n') != std::string_view::npos) return std::nullopt;
  return mail::Address::parse(without_blanks(without_unseen(value)));
}

}  // namespace formmail
