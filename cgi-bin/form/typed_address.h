#pragma once

#include <optional>
#include <string_view>

#include "mail/address.h"

namespace formmail {

/// The one mail address that a visitor typed. Blanks around it don't count: keyboards of phones add one
/// behind a word that they complete; nor do characters that can't be seen. One that was typed in full width
/// throughout is meant in ASCII: nobody has such an address, and a mail that named it would need SMTPUTF8 all
/// the way. A line end can't come from a field for one line, and so makes it none.
std::optional<mail::Address> typed_address(std::string_view value);

}  // namespace formmail
