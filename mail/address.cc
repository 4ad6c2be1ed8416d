#include "mail/address.h"

#include <idn2.h>
#include <strings.h>

#include <algorithm>
#include <memory>

#include "mail/utf8.h"

namespace mail {

namespace {

// RFC 5321, 4.5.3.1, and the 256 octets of a path less its angle brackets.
constexpr std::size_t kLongestLocal = 64;
constexpr std::size_t kLongestDomain = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestAddress = 254;

bool is_8bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// atext of RFC 5322, 3.2.3, with RFC 6532's UTF-8.
bool is_atext(char c) {
  return is_letter_or_digit(c) || is_8bit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

/// Printable ASCII (a blank too) and UTF-8 without control, bidi and other line-breaking characters.
bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    if (!c.valid || is_control_or_bidi(c.code_point)) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

bool is_dot_atom(std::string_view local) {
  return !local.empty() && local.front() != '.' && local.back() != '.' &&
         local.find("..") == std::string_view::npos &&
         std::ranges::all_of(local, [](char c) { return is_atext(c) || c == '.'; });
}

/// Dots anywhere, but not dots alone.
bool is_carriers_local(std::string_view local) {
  return std::ranges::all_of(local, [](char c) { return is_atext(c) || c == '.'; }) &&
         std::ranges::any_of(local, is_atext);
}

/// The end of the quoted string that `text` starts with, behind its closing quote; 0 if it doesn't close.
std::size_t end_of_quoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return 0;
}

std::string unquoted(std::string_view quoted) {
  std::string local;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') ++i;
    local += quoted[i];
  }
  return local;
}

std::string quoted(std::string_view local) {
  std::string text = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// Labels as in RFC 1123, the last of them no number (it would be an IPv4 address).
bool is_host_name(std::string_view domain) {
  if (domain.empty() || domain.size() > kLongestDomain) return false;
  for (;;) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::ranges::all_of(label, is_digit);
    domain.remove_prefix(dot + 1);
  }
}

std::optional<std::string> to_a_labels(const std::string& domain) {
  char* ascii = nullptr;
  // Not with IDN2_USE_STD3_ASCII_RULES: libidn2 2.3 then drops the characters that the rules forbid, and
  // "例え，x" becomes "例えx". Left in, they are refused by is_host_name.
  constexpr int kFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
  if (idn2_to_ascii_8z(domain.c_str(), &ascii, kFlags) != IDN2_OK) return std::nullopt;
  const std::unique_ptr<char, decltype(&idn2_free)> owner(ascii, idn2_free);
  return std::string(ascii);
}

}  // namespace

std::optional<std::string> ascii_domain(std::string_view utf8) {
  constexpr std::size_t kLongestBeforeConversion = 4 * kLongestDomain;
  if (utf8.size() > kLongestBeforeConversion || !is_plain_text(utf8)) return std::nullopt;
  std::optional<std::string> domain = std::string(utf8);
  if (std::ranges::any_of(utf8, is_8bit)) domain = to_a_labels(*domain);
  if (!domain || !is_host_name(*domain)) return std::nullopt;
  return domain;
}

std::optional<Address> Address::parse(std::string_view text) {
  if (!is_plain_text(text)) return std::nullopt;
  const bool is_quoted = text.starts_with('"');
  const std::size_t at = is_quoted ? end_of_quoted(text) : text.find('@');
  if (at == 0 || at == std::string_view::npos || at >= text.size() || text[at] != '@') return std::nullopt;
  std::string local = is_quoted ? unquoted(text.substr(0, at)) : std::string(text.substr(0, at));
  if (local.empty() || (!is_quoted && !is_carriers_local(local))) return std::nullopt;
  auto domain = ascii_domain(text.substr(at + 1));
  if (!domain) return std::nullopt;
  Address address(std::move(local), std::move(*domain));
  const std::size_t length = address.spec().size();
  if (length > kLongestAddress || length - address.domain_.size() - 1 > kLongestLocal) return std::nullopt;
  return address;
}

std::string Address::spec() const { return (is_dot_atom(local_) ? local_ : quoted(local_)) + '@' + domain_; }

bool Address::needs_smtputf8() const { return std::ranges::any_of(local_, is_8bit); }

bool Address::same_mailbox(const Address& other) const {
  return strcasecmp(local_.c_str(), other.local_.c_str()) == 0 &&
         strcasecmp(domain_.c_str(), other.domain_.c_str()) == 0;
}

}  // namespace mail
