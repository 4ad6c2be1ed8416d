#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// Where a webhook is sent, from a site's file: http or https, no user name, no fragment, ASCII.
struct HookUrl {
  bool tls;
  std::string host;  ///< as host_name() writes it; an IPv6 literal in brackets
  std::string port;  ///< digits
  std::string text;  ///< the whole URL

  /// Nothing for what is no such URL.
  static std::optional<HookUrl> parse(std::string_view text);
};

/// Whether `address` is one that anybody on the Internet could be reached at: neither loopback, private,
/// link-local, shared (RFC 6598), multicast or reserved, nor an IPv6 address that carries an IPv4 one.
bool is_public_address(const std::string& address);

/// The first address of `url`'s host that may be talked to: a public one, or one in `allowed` networks; plain
/// http only to `allowed`. Asks the resolver once: who connects must use this very address, so that a name
/// can't lead elsewhere the second time. Nothing if there is none by `deadline`; then `why` tells.
std::optional<std::string> permitted_address(const HookUrl& url, const std::vector<std::string>& allowed,
                                             std::chrono::steady_clock::time_point deadline,
                                             std::string& why);

}  // namespace formmail
