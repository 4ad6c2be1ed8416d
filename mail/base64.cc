#include "mail/base64.h"

#include <cstddef>
#include <cstdint>

namespace mail {

void append_base64(std::string& out, std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t used = out.size();
  out.resize(used + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + used;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) *to++ = kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) *to = kAlphabet[bits << (6 - count) & 63];
}

}  // namespace mail
