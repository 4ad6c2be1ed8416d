#include "cgi-bin/webhook/hook_url.h"

#include <algorithm>
#include <array>

#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/site/host_name.h"
#include "cgi-bin/webhook/resolver.h"

namespace formmail {

namespace {

/// IANA's special-purpose registries (RFC 6890 and its updates), and what reaches IPv4 through IPv6.
constexpr std::array<const char*, 30> kNotPublic = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24",  "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",     "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",        "2001::/23",
    "2001:db8::/32", "2002::/16",       "3fff::/20",      "5f00::/16",       "fc00::/7",
    "fe80::/10",     "fec0::/10",       "ff00::/8",       "::ffff:0:0:0/96", "2001:20::/28"};

bool is_url_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

std::string without_brackets(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::optional<HookUrl> HookUrl::parse(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_url_character) || text.size() > 2000) return std::nullopt;
  HookUrl url;
  url.text = text;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return std::nullopt;
  std::string_view authority = text.substr(url.tls ? 8 : 7);
  authority = authority.substr(0, authority.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  url.host = host_name(authority);
  if (url.host.empty()) return std::nullopt;
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  url.port = has_port ? std::string(authority.substr(colon + 1)) : url.tls ? "443" : "80";
  return url.port.empty() ? std::nullopt : std::optional<HookUrl>(url);
}

bool is_public_address(const std::string& address) {
  // A zone belongs to link-local addresses.
  return address.find('%') == std::string::npos && !address.empty() &&
         std::none_of(kNotPublic.begin(), kNotPublic.end(),
                      [&](const char* network) { return is_in_network(address, network); });
}

std::optional<std::string> permitted_address(const HookUrl& url, const std::vector<std::string>& allowed,
                                             std::chrono::steady_clock::time_point deadline,
                                             std::string& why) {
  for (std::string& address : addresses_of(without_brackets(url.host), deadline, why)) {
    const bool named = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& network) {
      return is_in_network(address, network);
    });
    if (named || (url.tls && is_public_address(address))) return std::move(address);
    why = address + (url.tls ? " is not a public address" : " may not be asked without TLS");
  }
  return std::nullopt;
}

}  // namespace formmail
