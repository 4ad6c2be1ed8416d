#include "mail/mime/encoded_place.h"

#include <algorithm>

namespace mail {

namespace {

std::string decoded_prefix(std::string_view body, std::size_t size) {
  return decode(TransferEncoding::quoted_printable, body.substr(0, size));
}

}  // namespace

// The decoder itself is asked, by halves, so that both always agree on damaged text too. A prefix that ends
// inside an escape decodes to a little more than its whole: hence the few places behind the one found.
std::optional<std::size_t> quoted_printable_place(std::string_view body, std::string_view decoded,
                                                  std::size_t decoded_offset) {
  constexpr std::size_t kLongestEscape = 3;
  std::size_t low = 0;
  std::size_t high = body.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (decoded_prefix(body, middle).size() < decoded_offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (std::size_t place = low; place <= std::min(low + kLongestEscape, body.size()); ++place) {
    if (decoded_prefix(body, place) == decoded.substr(0, decoded_offset) &&
        decode(TransferEncoding::quoted_printable, body.substr(place)) == decoded.substr(decoded_offset)) {
      return place;
    }
  }
  return std::nullopt;
}

}  // namespace mail
