#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mail {

/// Readers decode damaged base64 and quoted-printable in different ways. Each way whose result differs from
/// the plain one (decode_base64, decode_quoted_printable) is handed to `take` with words for it; a way that
/// nothing in the text calls for is not tried. Each is linear, and there are at most a dozen.
using TakeDecoded = std::function<void(std::string bytes, std::string_view way)>;

void decode_base64_each_way(std::string_view encoded, const TakeDecoded& take);
void decode_quoted_printable_each_way(std::string_view encoded, const TakeDecoded& take);

/// As decode_base64, but beginning `skip` (0..3) characters of the alphabet later: the text before the data
/// was not a whole number of groups. Padding is taken for a character if `padding_counts`.
std::string decode_base64_shifted(std::string_view encoded, int skip, bool padding_counts);

/// Where in `encoded` the group of characters stands that byte `decoded` of its result comes from.
std::size_t place_in_base64(std::string_view encoded, int skip, bool padding_counts, std::size_t decoded);

}  // namespace mail
