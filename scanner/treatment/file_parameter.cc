#include "scanner/treatment/file_parameter.h"

#include <algorithm>

#include "mail/mime/ascii.h"
#include "mail/utf8.h"

namespace scanner {

namespace {

bool is_attribute_char(char c) {
  return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=*'%").find(c) == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_attribute_char(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> file_parameter(std::string_view name, std::string_view file) {
  const std::string word(name);
  constexpr std::size_t kPiece = 60;
  const bool ascii = std::none_of(file.begin(), file.end(), mail::is_8bit);
  if (ascii && file.size() <= kPiece) {
    const bool token = !file.empty() && std::all_of(file.begin(), file.end(), is_attribute_char);
    return {word + "=" + (token ? std::string(file) : quoted(file))};
  }
  std::vector<std::string> pieces(1);
  while (!file.empty()) {
    const std::size_t length = mail::first_utf8_char(file).length;
    const std::string character = percent_encoded(file.substr(0, length));
    if (pieces.back().size() + character.size() > kPiece) pieces.emplace_back();
    pieces.back() += character;
    file.remove_prefix(length);
  }
  if (pieces.size() == 1) return {word + "*=utf-8''" + pieces[0]};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i] = word + "*" + std::to_string(i) + "*=" + (i == 0 ? "utf-8''" : "") + pieces[i];
  }
  return pieces;
}

}  // namespace scanner
