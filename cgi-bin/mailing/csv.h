#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// What a CSV file starts with, so that Excel reads it as UTF-8.
inline constexpr std::string_view kCsvStart = "\xEF\xBB\xBF";

/// One line of a CSV file (RFC 4180), every value in quotes. A value that a spreadsheet would take for a
/// formula, or change (0312345678, 1-2-3), gets an apostrophe in front.
std::string csv_line(const std::vector<std::string>& values);

}  // namespace formmail
