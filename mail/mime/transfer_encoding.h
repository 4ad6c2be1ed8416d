#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mail {

/// Content-Transfer-Encoding (RFC 2045, 6), and the older ways to put a file in text.
enum class TransferEncoding : std::uint8_t { identity, base64, quoted_printable, uuencode };

std::string_view name(TransferEncoding encoding);

/// What a field value such as "base64" names. `known` tells whether it is one of RFC 2045's, written plainly;
/// "x-uuencode" and "base64 ;x" are understood, but not known.
struct NamedEncoding {
  TransferEncoding encoding = TransferEncoding::identity;
  bool known = true;
};
NamedEncoding transfer_encoding_of(std::string_view value);

/// `encoded` as bytes. Characters outside the alphabet are skipped; padding ends a group, and what follows it
/// begins a new one (joined files are read whole).
std::string decode_base64(std::string_view encoded);

/// Would every reader decode it to the same bytes: only alphabet, lines of whole groups, padding at the end?
bool is_plain_base64(std::string_view encoded);

/// Blanks at line ends are dropped (RFC 2045, 6.7, rule 3); "=" that begins no code stays.
std::string decode_quoted_printable(std::string_view encoded);

/// Only upper-case codes, soft line ends and printable characters.
bool is_plain_quoted_printable(std::string_view encoded);

std::string decode(TransferEncoding encoding, std::string_view encoded);
bool is_plain(TransferEncoding encoding, std::string_view encoded);

/// Lines of 76 characters, each ended with `line_end`.
std::string encode_base64(std::string_view bytes, std::string_view line_end);

/// `text` in lines of at most 76 characters that end with `line_end`, which also ends the lines in `text`;
/// any other CR or LF is written as a code. `charset` keeps soft line ends out of the middle of characters.
std::string encode_quoted_printable(std::string_view text, std::string_view line_end,
                                    std::string_view charset);

}  // namespace mail
