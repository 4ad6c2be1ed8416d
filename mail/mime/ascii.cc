#include "mail/mime/ascii.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mail {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return to_lower(c); });
  return lower;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  if (word.empty() || from > text.size()) return std::string_view::npos;
  const char first = word.front();
  const std::array<char, 2> cases = {first, is_letter(first) ? static_cast<char>(first - 'a' + 'A') : first};
  const std::string_view first_in_both(cases.data(), cases.size());
  for (auto at = text.find_first_of(first_in_both, from); at != std::string_view::npos;
       at = text.find_first_of(first_in_both, at + 1)) {
    if (same_word(text.substr(at, word.size()), word)) return at;
  }
  return std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_line_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_line_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view line_end_of(std::string_view text, std::string_view fallback) {
  const auto newline = text.find('\n');
  if (newline == std::string_view::npos) return fallback;
  return newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
}

}  // namespace mail
