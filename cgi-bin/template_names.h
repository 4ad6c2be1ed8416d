#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// "FILE:LINE: what is wrong" of each name in a template that formmail fills in nowhere, so that nothing
/// would stand there, and of what a page can't do without. `kind`: "pages/" or "mails/"; mails may name
/// fields of the form, of which nothing is known here, but for the mail to the owner, whose names are its
/// own.
std::vector<std::string> odd_names(const std::filesystem::path& file, std::string_view text,
                                   std::string_view kind);

}  // namespace formmail
