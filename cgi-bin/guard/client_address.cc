#include "cgi-bin/guard/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace formmail {

namespace {

/// IPv4 as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so that one comparison serves both.
using Bytes = std::array<unsigned char, 16>;
constexpr std::size_t kMappedBits = 96;

std::optional<Bytes> parse(const std::string& address) {
  Bytes bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  bytes[10] = bytes[11] = 0xFF;
  if (::inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

bool is_ipv4(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

/// The address in an item of X-Forwarded-For. Some proxies write its port, too: 192.0.2.1:4711,
/// [2001:db8::1]:4711.
std::string address_in(std::string_view item) {
  constexpr std::string_view kAround = " \t\"";
  const std::size_t begin = std::min(item.find_first_not_of(kAround), item.size());
  item = item.substr(begin, item.find_last_not_of(kAround) + 1 - begin);
  if (item.starts_with('[')) return std::string(item.substr(1, item.find(']') - 1));
  const std::size_t colon = item.find(':');
  const bool port = colon != std::string_view::npos && item.find(':', colon + 1) == std::string_view::npos;
  return std::string(port ? item.substr(0, colon) : item);
}

bool is_trusted(const std::string& address, const std::vector<std::string>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const std::string& network) { return is_in_network(address, network); });
}

}  // namespace

bool is_network(const std::string& text) { return is_in_network(text.substr(0, text.find('/')), text); }

bool is_in_network(const std::string& address, const std::string& network) {
  const std::size_t slash = std::min(network.find('/'), network.size());
  const std::optional<Bytes> host = parse(address);
  const std::optional<Bytes> net = parse(network.substr(0, slash));
  if (!host || !net) return false;
  std::size_t bits = 128;
  if (slash < network.size()) {
    const char* end = network.data() + network.size();
    const auto read = std::from_chars(network.data() + slash + 1, end, bits);
    if (read.ec != std::errc() || read.ptr != end) return false;
    if (network.find(':') == std::string::npos) bits += kMappedBits;
    if (bits > 128) return false;
  }
  for (std::size_t bit = 0; bit < bits; bit += 8) {
    const std::size_t left = std::min<std::size_t>(bits - bit, 8);
    const auto mask = static_cast<unsigned char>(0xFF << (8 - left));
    if (((*host)[bit / 8] & mask) != ((*net)[bit / 8] & mask)) return false;
  }
  return true;
}

std::string client_address(const Environment& environment, const std::vector<std::string>& trusted_proxies) {
  std::string address(environment.get("REMOTE_ADDR"));
  const std::string list = environment.list("HTTP_X_FORWARDED_FOR");
  std::string_view forwarded = list;
  while (!forwarded.empty() && is_trusted(address, trusted_proxies)) {
    const std::size_t comma = forwarded.rfind(',');
    const std::string_view last = forwarded.substr(comma == std::string_view::npos ? 0 : comma + 1);
    forwarded = comma == std::string_view::npos ? std::string_view() : forwarded.substr(0, comma);
    std::string candidate = address_in(last);
    if (!parse(candidate)) break;
    address = std::move(candidate);
  }
  return parse(address) ? address : "";
}

std::string client_group(const std::string& address) {
  std::optional<Bytes> bytes = parse(address);
  if (!bytes) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  // A server that listens on IPv6 alone shows IPv4 clients as ::ffff:192.0.2.1, in one spelling or another.
  if (is_ipv4(*bytes)) return ::inet_ntop(AF_INET, bytes->data() + kMappedBits / 8, text.data(), text.size());
  std::fill(bytes->begin() + 8, bytes->end(), static_cast<unsigned char>(0));
  ::inet_ntop(AF_INET6, bytes->data(), text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace formmail
