#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/http/environment.h"

namespace formmail {

/// The address that the request came from: REMOTE_ADDR, or behind a trusted proxy the last address in
/// X-Forwarded-For that is none of the trusted ones. "" unknown.
std::string client_address(const Environment& environment, const std::vector<std::string>& trusted_proxies);

/// What a client is counted by: an IPv4 address, the /64 of an IPv6 address (a household has as many
/// addresses in it as it likes).
std::string client_group(const std::string& address);

/// Whether `address` lies in `network` ("10.0.0.0/8", "::1"); false where one of them can't be read.
bool is_in_network(const std::string& address, const std::string& network);

/// Whether is_in_network() understands it: an address, or one with the number of its bits, 192.0.2.0/24.
bool is_network(const std::string& text);

}  // namespace formmail
