#pragma once

#include <string>
#include <string_view>

namespace mail {

/// RFC 4648 base64 on one line.
std::string base64(std::string_view bytes);

/// Base64 in lines of 76 with CRLF behind each (RFC 2045, 6.8), added to `out`.
void append_base64_lines(std::string& out, std::string_view bytes);

/// Quoted-printable (RFC 2045, 6.7) of text with CRLF line ends. A dot and "From " at the start of a line are
/// encoded too, for the programs on the way that take them for something else.
std::string quoted_printable(std::string_view text);

/// A text as it stands in a MIME part.
struct EncodedText {
  const char* encoding;  ///< "7bit", "quoted-printable" or "base64"
  std::string bytes;
};

/// Text with CRLF line ends in the encoding that serves it best: 7bit where it is 7-bit and has no line that
/// mail could damage, else the shorter one of the other two.
EncodedText encoded_text(std::string_view text);

}  // namespace mail
