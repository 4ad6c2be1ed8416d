#include "cgi-bin/site/host_name.h"

#include <idn2.h>

#include <algorithm>

namespace formmail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes ":8080" off. False where what follows the colon is no port.
bool take_port_off(std::string_view& authority, std::size_t host_end) {
  const std::string_view port = authority.substr(host_end);
  authority = authority.substr(0, host_end);
  if (port.empty()) return true;
  return port.front() == ':' && port.size() <= 6 && std::all_of(port.begin() + 1, port.end(), is_digit);
}

std::string ip_literal(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  if (bracket == std::string_view::npos || !take_port_off(authority, bracket + 1)) return "";
  std::string literal;
  for (const char c : authority.substr(1, authority.size() - 2)) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    if (!is_digit(lower) && !(lower >= 'a' && lower <= 'f') && lower != ':' && lower != '.') return "";
    literal += lower;
  }
  return "[" + literal + "]";
}

std::string to_a_labels(const std::string& name) {
  char* ascii = nullptr;
  if (idn2_to_ascii_8z(name.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return "";
  std::string result = ascii;
  idn2_free(ascii);
  return result;
}

}  // namespace

std::string host_name(std::string_view authority) {
  if (authority.starts_with('[')) return ip_literal(authority);
  if (!take_port_off(authority, std::min(authority.find(':'), authority.size()))) return "";
  if (authority.ends_with('.')) authority.remove_suffix(1);
  if (authority.empty() || authority.size() > std::size_t{253} * 4) return "";

  std::string name;
  bool ascii = true;
  for (const char c : authority) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool letter = (lower >= 'a' && lower <= 'z') || is_digit(lower);
    if (static_cast<signed char>(c) < 0) {
      ascii = false;
    } else if (!letter && lower != '-' && lower != '.' && lower != '_') {
      return "";
    }
    name += lower;
  }
  if (!ascii) name = to_a_labels(name);
  const bool empty_label = name.starts_with('.') || name.find("..") != std::string::npos;
  return empty_label || name.size() > 253 ? "" : name;
}

}  // namespace formmail
