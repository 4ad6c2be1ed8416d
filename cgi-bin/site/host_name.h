#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// A host as a Host header, a URL or a configuration file names it, in the form in which hosts are compared:
/// without port and final dot, lower case, an internationalised name as A-labels (UTS #46). IPv6 literals
/// keep their brackets. "" for what is no host name (RFC 3986 3.2.2: percent-encoded names, user names,
/// blanks).
std::string host_name(std::string_view authority);

}  // namespace formmail
