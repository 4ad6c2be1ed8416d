#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

namespace mail {

// Each writes one whole header field, folded, with its CRLF. Whatever the values hold, the only line ends in
// the result are folds and the last one: no value can add a field (RFC 5322, 2.2). `name` and other literals
// are ours, never a stranger's.

/// Free text, such as Subject. RFC 2047 in `charset` where it isn't plain ASCII.
std::string text_field(std::string_view name, std::string_view utf8, std::string_view charset = "UTF-8");

/// Addresses, such as To; the display name only with a single one. A local part in UTF-8 stands as it is
/// (RFC 6532): such a mail needs SMTPUTF8.
std::string address_field(std::string_view name, const std::vector<Address>& addresses);
std::string mailbox_field(std::string_view name, std::string_view display_name, const Address& address,
                          std::string_view charset = "UTF-8");

/// RFC 5322, 3.3, in local time with its offset.
std::string date_field(std::chrono::system_clock::time_point time);
std::string rfc5322_date(std::chrono::system_clock::time_point time);

/// A value and a parameter, such as `Content-Disposition: attachment; filename="a.pdf"`. RFC 2231, with
/// continuations, where the parameter's value isn't short plain ASCII.
std::string field_with_parameter(std::string_view name, std::string_view value, std::string_view parameter,
                                 std::string_view utf8);

}  // namespace mail
