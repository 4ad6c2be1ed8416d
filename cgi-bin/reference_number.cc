#include "cgi-bin/reference_number.h"

#include <cstdint>

namespace formmail {

std::string reference_number(std::string_view number) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr int kLength = 13;
  std::uint64_t bits = 0;
  for (const char byte : number.substr(0, 8)) bits = (bits << 8) | static_cast<unsigned char>(byte);
  std::string text(kLength, '0');
  for (int i = kLength - 1; i >= 0; --i, bits >>= 5) text[static_cast<std::size_t>(i)] = kDigits[bits & 31];
  return text.insert(8, "-").insert(4, "-");
}

}  // namespace formmail
