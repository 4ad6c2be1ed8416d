#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cgi-bin/http/form_data.h"

namespace formmail {

/// Turns all names, values and file names of a submission into UTF-8, from one charset for all of them: the
/// one that the field `_charset_` names, else the one that `content_type` names (a script's does), else
/// `profile_charset` (may be ""), else the one of UTF-8, ISO-2022-JP, EUC-JP and Shift_JIS that all bytes fit
/// and that reads most like Japanese.
///
/// What a browser wrote as `&#NNNN;` because the form's charset lacks the character becomes that character.
/// Line ends become LF, other controls than TAB go, but stay in the page's URLs, which are refused for them.
///
/// The charset's name; nothing, with `data` as it was, if no charset fits every byte.
std::optional<std::string> decode_form(FormData& data, std::string_view content_type,
                                       std::string_view profile_charset);

/// The charset among the four that fits all of `texts` (never across two of them); nothing if none does.
std::optional<std::string> guess_charset(const std::vector<std::string_view>& texts);

/// The charset that `text` is in beyond doubt, though all its bytes fit `declared`, too; nothing where that
/// is believable.
std::optional<std::string> evident_charset(std::string_view text, std::string_view declared);

}  // namespace formmail
