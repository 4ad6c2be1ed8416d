#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/treatment/treatment.h"
#include "scanner/verdict.h"

namespace scanner {

/// A file that was removed because it could not be scanned: that is no finding.
struct UnscannableFile {
  std::string reason;
  std::string file;  ///< as in Finding
};

/// The notice for these findings and files, in UTF-8 with LF: one block each in their order, a blank line
/// after each.
std::string notice_text(const std::vector<Finding>& findings, const std::vector<UnscannableFile>& unscannable,
                        const NoticeTemplates& templates);

/// The notice as HTML: escaped, every line with its <br>.
std::string notice_html(std::string_view notice);

/// Where the notice stands in an HTML text: after the tag <body ...>, or 0 where there is none. Bytes in any
/// charset whose ASCII is ASCII; ISO-2022 is followed through its shifts. Comments, scripts and styles are
/// passed over. Linear.
std::size_t notice_place_in_html(std::string_view html, std::string_view charset);

}  // namespace scanner
