#include "cgi-bin/guard/refused_text.h"

#include <unicase.h>
#include <unictype.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "mail/utf8.h"

namespace formmail {

namespace {

/// Without what no reader sees: zero-width characters, soft hyphens, variation selectors.
std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(text);
    if (!uc_is_property_default_ignorable_code_point(c.code_point)) out += text.substr(0, c.length);
    text.remove_prefix(c.length);
  }
  return out;
}

/// Addresses with a scheme, and those that begin with www.; `text` is folded.
int count_urls(std::string_view text) {
  int urls = 0;
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) ++urls;
  constexpr std::string_view kInsideUrl = "/.-@_abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::size_t at = text.find("www."); at != std::string_view::npos; at = text.find("www.", at + 4)) {
    if (at == 0 || kInsideUrl.find(text[at - 1]) == std::string_view::npos) ++urls;
  }
  return urls;
}

}  // namespace

std::string folded(std::string_view text) {
  const std::string shown = visible(text);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(shown.data());
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> folded(
      u8_casefold(bytes, shown.size(), nullptr, UNINORM_NFKC, nullptr, &size), &std::free);
  return folded ? std::string(reinterpret_cast<const char*>(folded.get()), size) : shown;
}

bool has_refused_text(const Form& form, const std::vector<std::string>& words, int most_urls) {
  if (words.empty() && most_urls < 0) return false;
  std::vector<std::string> refused;
  std::transform(words.begin(), words.end(), std::back_inserter(refused), folded);
  int urls = 0;
  for (const FormEntry& entry : form.entries) {
    const std::string value = folded(entry.value);
    for (const std::string& word : refused) {
      if (!word.empty() && value.find(word) != std::string::npos) return true;
    }
    urls += count_urls(value);
  }
  return most_urls >= 0 && urls > most_urls;
}

}  // namespace formmail
