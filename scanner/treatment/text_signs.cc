#include "scanner/treatment/text_signs.h"

#include <algorithm>

#include "mail/mime/ascii.h"
#include "mail/mime/header_fields.h"

namespace scanner {

bool holds_mime_field(std::string_view text) {
  constexpr std::string_view kWord = "content-";
  for (std::size_t at = 0; at < text.size(); at = mail::next_line(text, at, text.size())) {
    if (mail::to_lower(text[at]) == 'c' && mail::same_word(text.substr(at, kWord.size()), kWord)) return true;
  }
  return false;
}

bool has_lone_cr_or_nul(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return true;
  for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') return true;
  }
  return false;
}

bool begins_like_base64(std::string_view body) {
  constexpr std::size_t kLooked = 1024;
  constexpr std::size_t kFewest = 60;
  constexpr std::size_t kOneIn = 20;
  std::size_t alphabet = 0;
  std::size_t other = 0;
  for (const char c : mail::trim(body.substr(0, kLooked))) {
    if (mail::is_letter(c) || mail::is_digit(c) || c == '+' || c == '/' || c == '=') {
      ++alphabet;
    } else if (c != '\r' && c != '\n') {
      ++other;
    }
  }
  return alphabet >= kFewest && other * kOneIn <= alphabet;
}

bool is_mail(std::string_view text) {
  constexpr std::size_t kLooked = 16384;
  constexpr std::string_view kField = "\ncontent-";
  return mail::begins_field(text.substr(0, 256)) &&
         (mail::find_word(text.substr(0, kField.size() - 1), kField.substr(1)) == 0 ||
          mail::find_word(text.substr(0, kLooked), kField) != std::string_view::npos);
}

bool is_mere_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(),
                      [](char c) {
                        return static_cast<unsigned char>(c) < ' ' && !mail::is_line_space(c) && c != '\x1b';
                      }) &&
         bytes.find("{\\rtf") == std::string_view::npos && bytes.find("%PDF-") == std::string_view::npos;
}

}  // namespace scanner
