// Needs: mail/address.cc mail/utf8.cc
#include "mail/address.h"

#include <string>

#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

/// What is taken for an address reads as itself again, fits into SMTP's lengths, and can't leave an
/// angle-bracketed path or its header field.
void fuzz(std::string_view input) {
  constexpr std::string_view kHostCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  const auto address = mail::Address::parse(input);
  if (!address) return;
  const std::string spec = address->spec();
  const auto again = mail::Address::parse(spec);
  must(again && again->spec() == spec);
  must(spec.size() <= 254 && mail::is_utf8(spec));
  must(spec.find_first_of("\r\n\t") == std::string::npos);
  must(address->domain().find_first_not_of(kHostCharacters) == std::string::npos);
  if (spec.front() == '"') return;
  must(spec.find_first_of("<>(),;:\\\" []") == std::string::npos);
  must(spec.find('@') == spec.rfind('@'));
}
