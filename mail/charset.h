#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// A charset label as mail and HTML write it ("Shift_JIS", "x-sjis", "UTF8", "iso-2022-jp"; any case, blanks
/// and quotes around it ignored), reduced to the name that iconv(3) knows. Labels stand for what senders
/// mean: Shift_JIS is CP932, EUC-JP is EUC-JP-MS, ISO-2022-JP is ISO-2022-JP-MS (WHATWG Encoding has the same
/// widening). Nothing for a label that iconv does not know.
std::optional<std::string> charset_of_label(std::string_view label);

/// `bytes` in the charset of `label` as UTF-8. Strict: nothing if the label is unknown or one byte does not
/// fit. A byte order mark is taken off.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view label);

/// UTF-8 in the charset of `label`. Nothing if the label is unknown or the charset lacks a character; never
/// an approximation, and what comes out reads back as `utf8` by to_utf8. Stateful charsets (ISO-2022-JP) end
/// in their initial state.
std::optional<std::string> from_utf8(std::string_view utf8, std::string_view label);

}  // namespace mail
