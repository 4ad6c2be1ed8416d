#include "mail/mime/readings/embedded_base64.h"

#include <algorithm>

#include "mail/mime/ascii.h"
#include "mail/mime/readings/file_heads.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

namespace {

bool is_data(char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '/'; }

// Folded over lines, indented, padded.
bool may_stand_in_data(char c) { return is_data(c) || c == '=' || is_line_space(c); }

std::size_t while_true(std::string_view text, std::size_t at, bool (*test)(char)) {
  const auto* const end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), test);
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

std::vector<std::string> find_embedded_base64(std::string_view text) {
  constexpr std::size_t kShortestLine = 32;
  constexpr std::size_t kHead = 24;
  std::vector<std::string> files;
  std::size_t done = 0;
  // Every line of that length has a character at one of these places.
  for (std::size_t at = kShortestLine - 1; at < text.size(); at += kShortestLine) {
    if (at < done || !is_data(text[at])) continue;
    std::size_t begin = at;
    while (begin > done && is_data(text[begin - 1])) --begin;
    done = while_true(text, at, is_data);
    if (done - begin < kShortestLine || !begins_like_file(decode_base64(text.substr(begin, kHead)))) continue;
    done = while_true(text, done, may_stand_in_data);
    files.push_back(decode_base64(text.substr(begin, done - begin)));
  }
  return files;
}

}  // namespace mail
