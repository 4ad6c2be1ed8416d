#pragma once

#include <string>
#include <string_view>

namespace mail {

/// `text` made fit for one line: line ends, tabs and other controls become a blank, bidi controls are
/// dropped, blanks are joined and taken off both ends; what is not UTF-8 becomes U+FFFD.
std::string one_line(std::string_view text);

/// `utf8` as RFC 2047 encoded words in `charset` (in UTF-8 if it can't hold the text), at most 75 octets
/// each, with CRLF and a blank between them. No word cuts a character, each begins and ends in the initial
/// state of its charset, and base64 is padded in the last one alone. `column` is how much of the first line
/// is taken. The text must be one_line()d: what comes out has no other line ends than the folds.
std::string encoded_words(std::string_view utf8, std::string_view charset, std::size_t column);

/// Whether `text` can stand in an unstructured field as it is: printable ASCII, nothing that looks like an
/// encoded word, no word too long for a line.
bool stands_unencoded(std::string_view text);

}  // namespace mail
