#pragma once

#include <string>
#include <string_view>

namespace mail {

/// RFC 2047 encoded words in `text` decoded to UTF-8, wherever they stand: inside quotes too, as Outlook
/// writes them, and cut inside a character, as old Japanese mail programs do. What is no encoded word stays,
/// as bytes; so does one in an unknown charset. Linear.
std::string decode_encoded_words(std::string_view text);

}  // namespace mail
