#include "cgi-bin/owner/mistake.h"

#include <algorithm>
#include <cstdio>

#include "mail/utf8.h"

namespace formmail {

namespace {

/// Edits (Levenshtein, and two neighbours swapped counting as one) that lead from `a` to `b`.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string Mistake::text(const Messages& messages) const {
  std::vector<std::string> safe;
  safe.reserve(values.size());
  std::vector<std::pair<std::string_view, std::string_view>> filled;
  for (const auto& [name, value] : values) {
    // Why a URL is refused comes as a fixed English text, which other languages have as a key.
    const bool translated = name == "reason" && messages.has(value);
    safe.push_back(translated ? messages.text(value) : terminal_text(value));
    filled.emplace_back(name, safe.back());
  }
  return messages.text(key, filled);
}

std::vector<Mistake> MistakeList::take() {
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
  return std::move(mistakes_);
}

std::string terminal_text(std::string_view utf8, std::size_t most) {
  std::string text;
  for (std::size_t count = 0; !utf8.empty(); ++count) {
    if (count == most) return text + "…";
    const mail::Utf8Char c = mail::first_utf8_char(utf8);
    if (mail::is_control_or_bidi(c.code_point)) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\u{%X}", static_cast<unsigned>(c.code_point));
      text += escape;
    } else {
      mail::append_utf8(text, c.code_point);
    }
    utf8.remove_prefix(c.length);
  }
  return text;
}

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongest = 64;
  if (name.size() > kLongest) return {};
  std::string_view nearest;
  std::size_t fewest = 3;  // more is another word
  for (const std::string_view candidate : known) {
    const std::size_t count = candidate.size() > kLongest ? fewest : edits(name, candidate);
    if (count >= fewest || count >= candidate.size() / 2 + 1) continue;
    fewest = count;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace formmail
