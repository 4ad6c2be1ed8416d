#include "cgi-bin/http/preferences.h"

#include <algorithm>
#include <optional>

namespace formmail {

namespace {

constexpr int kFull = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes off what stands before the next `separator`, and that, too.
std::string_view take(std::string_view& rest, char separator) {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return trim(piece);
}

/// "0.25" as 250.
std::optional<int> thousandths(std::string_view weight) {
  if (weight.empty() || (weight.front() != '0' && weight.front() != '1')) return std::nullopt;
  if (weight.size() > 1 && weight[1] != '.') return std::nullopt;
  int value = (weight.front() - '0') * kFull;
  int unit = kFull / 10;
  for (const char c : weight.substr(std::min<std::size_t>(2, weight.size()))) {
    if (!is_digit(c)) return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(value, kFull);
}

}  // namespace

std::vector<Preference> preferences(std::string_view field) {
  std::vector<Preference> list;
  while (!field.empty()) {
    std::string_view parameters = take(field, ',');
    Preference preference{std::string(take(parameters, ';')), kFull};
    for (char& c : preference.range) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    while (!parameters.empty()) {
      const std::string_view parameter = take(parameters, ';');
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
      preference.quality = thousandths(parameter.substr(2)).value_or(kFull);
    }
    if (!preference.range.empty()) list.push_back(std::move(preference));
  }
  return list;
}

}  // namespace formmail
