#include "cgi-bin/mailing/csv.h"

#include <algorithm>
#include <array>

namespace formmail {

namespace {

/// Blanks in front don't keep a spreadsheet from seeing a formula; Japanese ones read the wide signs too.
bool looks_like_formula(std::string_view value) {
  constexpr std::array<std::string_view, 8> kSigns = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  const std::size_t start = value.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  if (start > 0 && value[0] != ' ') return true;
  value.remove_prefix(start);
  return std::ranges::any_of(kSigns, [&](std::string_view sign) { return value.starts_with(sign); });
}

std::string csv_value(std::string_view value) {
  std::string out = looks_like_formula(value) ? "\"'" : "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    if (c != '\0') out += c;
  }
  return out + '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& values) {
  std::string line;
  for (const std::string& value : values) {
    if (!line.empty()) line += ',';
    line += csv_value(value);
  }
  return line + "\r\n";
}

}  // namespace formmail
