#pragma once

#include <string_view>

// What bytes look like, where no header tells, or whatever it tells.

namespace scanner {

/// A line begins like "Content-Type:": where no header is, some reader may see a part there.
bool holds_mime_field(std::string_view text);

/// A CR without its LF, which some readers take for a line end, or a NUL, where some end.
bool has_lone_cr_or_nul(std::string_view text);

/// Lines of base64, but for a few characters: some reader may have seen a field that announces it.
bool begins_like_base64(std::string_view body);

/// A header with a MIME field at the begin.
bool is_mail(std::string_view text);

/// Text, and no document made of characters alone: what libclamav unpacks from it are mails and HTML.
bool is_mere_text(std::string_view bytes);

}  // namespace scanner
