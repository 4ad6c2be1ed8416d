#include "cgi-bin/guard/refused_text.h"

#include <algorithm>
#include <iterator>

#include "mail/utf8.h"

namespace formmail {

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    mail::Utf8Char c = mail::first_utf8_char(text);
    text.remove_prefix(c.length);
    if (c.code_point >= 0xFF01 && c.code_point <= 0xFF5E) c.code_point -= 0xFF01 - '!';
    if (c.code_point >= 'A' && c.code_point <= 'Z') c.code_point += 'a' - 'A';
    mail::append_utf8(out, c.code_point);
  }
  return out;
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
    for (std::size_t at = value.find("://"); at != std::string::npos; at = value.find("://", at + 3)) ++urls;
  }
  return most_urls >= 0 && urls > most_urls;
}

}  // namespace formmail
