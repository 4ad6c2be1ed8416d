#pragma once

#include <string_view>

namespace formmail {

/// Whether a person means one day of the calendar by it: 2026-04-01, 2026/4/1, 2026.4.1, 20260401,
/// 2026年4月1日, 令和8年4月1日, 令和元年5月1日, R8.4.1, in full width, too. A year of two digits without an
/// era could be either's.
bool is_date(std::string_view value);

}  // namespace formmail
