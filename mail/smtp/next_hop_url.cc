#include "mail/smtp/next_hop_url.h"

#include <charconv>
#include <stdexcept>

namespace mail {

namespace {

[[noreturn]] void fail(std::string_view url, std::string_view what) {
  throw std::invalid_argument(
      "next hop \"" + std::string(url) + "\": " + std::string(what) +
      "; expected smtp://HOST:PORT, smtps://HOST:PORT, lmtp://HOST:PORT, lmtp:/SOCKET or "
      "maildir:PATH");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_' || c == ':';
}

void read_authority(std::string_view url, std::string_view authority, NextHopUrl& result) {
  if (authority.ends_with('/')) authority.remove_suffix(1);
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) fail(url, "no ] behind the address");
    result.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port[0] != ':') fail(url, "something between ] and the port");
  } else {
    const std::size_t colon = authority.find(':');
    result.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? "" : authority.substr(colon);
    if (port.find(':', 1) != std::string_view::npos)
      fail(url, "an IPv6 address stands in brackets, [::1]:25");
  }
  if (result.host.empty()) fail(url, "no host");
  for (const char c : result.host) {
    if (!is_host_char(c)) fail(url, "a host name has only letters, digits, dots and hyphens");
  }
  if (port.empty()) return;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc() || end != port.data() + port.size() || result.port == 0) {
    fail(url, "the port is not a number from 1 to 65535");
  }
}

}  // namespace

NextHopUrl parse_next_hop_url(std::string_view url) {
  NextHopUrl result;
  std::string_view rest = url;
  if (url.find('\0') != std::string_view::npos) fail(url.substr(0, url.find('\0')), "NUL");
  if (take_prefix(rest, "maildir:")) {
    if (rest.empty()) fail(url, "no path");
    result.scheme = NextHopUrl::Scheme::maildir;
    result.path = rest;
  } else if (take_prefix(rest, "smtp://")) {
    result.port = 25;
    read_authority(url, rest, result);
  } else if (take_prefix(rest, "smtps://")) {
    result.scheme = NextHopUrl::Scheme::smtps;
    result.port = 465;
    read_authority(url, rest, result);
  } else if (take_prefix(rest, "lmtp://")) {
    result.scheme = NextHopUrl::Scheme::lmtp;
    result.port = 24;
    read_authority(url, rest, result);
  } else if (take_prefix(rest, "lmtp:")) {
    if (!rest.starts_with('/')) fail(url, "the socket's path starts with /");
    if (rest.size() > 107) fail(url, "the socket's path is over 107 bytes, the kernel's limit");
    result.scheme = NextHopUrl::Scheme::lmtp;
    result.path = rest;
  } else {
    fail(url, "unknown scheme");
  }
  return result;
}

}  // namespace mail
