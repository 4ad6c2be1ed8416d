#include "mail/mime/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "mail/mime/ascii.h"
#include "mail/utf8.h"

namespace mail {

namespace {

bool is_token_char(char c) {
  return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_shift_jis_lead(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
}

bool is_simple_quoted(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\\' || c < ' ' || c == 0x7f; }) &&
         text.find("=?") == std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text)
      : text_(text), two_byte_(!is_utf8(text)), last_shift_back_(text.rfind(kToAscii)) {}

  FieldWithParameters parse() {
    read_word();
    field_.word_strict = field_.strict;
    while (at_ < text_.size()) {
      if (text_[at_] == ';') {
        ++at_;
        continue;
      }
      skip_space_and_comments();
      if (at_ < text_.size() && text_[at_] != ';') read_parameter();
    }
    check_names();
    return std::move(field_);
  }

 private:
  void odd() { field_.strict = false; }

  void skip_space_and_comments() {
    while (at_ < text_.size()) {
      if (is_line_space(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '(') {
        odd();
        skip_comment();
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '(') {
        ++depth;
      } else if (text_[at_] == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
    at_ = text_.size();
  }

  // "text/plain", up to the first parameter. `multipart/mixed boundary=x`, without a semicolon, has one too.
  void read_word() {
    bool ended = false;
    while (at_ < text_.size() && text_[at_] != ';') {
      const char c = text_[at_];
      if (c == '(') {
        odd();
        skip_comment();
        continue;
      }
      if (is_line_space(c)) {
        ended = !field_.word.empty() && field_.word.back() != '/';
      } else if (ended && c != '/') {
        odd();
        return;
      } else {
        field_.word += to_lower(c);
        ended = false;
      }
      ++at_;
    }
    const auto slash = field_.word.find('/');
    if (!is_token(std::string_view(field_.word).substr(0, slash))) odd();
    if (slash != std::string::npos && !is_token(std::string_view(field_.word).substr(slash + 1))) odd();
  }

  void read_parameter() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '=' && text_[at_] != ';') ++at_;
    const std::string_view name = trim(text_.substr(begin, at_ - begin));
    if (at_ == text_.size() || text_[at_] == ';') {
      if (!name.empty()) odd();
      return;
    }
    ++at_;
    if (!is_token(name)) odd();
    while (at_ < text_.size() && is_line_space(text_[at_])) {
      odd();
      ++at_;
    }
    RawParameter parameter{to_lower(name), {}, {at_, at_}};
    if (at_ < text_.size() && text_[at_] == '"') {
      parameter.value = read_quoted();
    } else {
      parameter.value = read_unquoted();
    }
    parameter.range.end = at_;
    field_.parameters.push_back(std::move(parameter));
  }

  // Two-byte characters of raw ISO-2022-JP have bytes that look like quotation marks, backslashes and
  // semicolons. Where such begin at `at`: where the text is ASCII again; else `at`.
  std::size_t after_two_byte(std::size_t at) const {
    const bool begins = text_.substr(at).starts_with(kToTwoByte) &&
                        last_shift_back_ != std::string_view::npos && at < last_shift_back_;
    return begins ? text_.find(kToAscii, at) : at;
  }

  std::string read_quoted() {
    const std::size_t begin = ++at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (const std::size_t end = after_two_byte(at_); end > at_) {
        value += text_.substr(at_, end - at_);
        at_ = end;
      }
      if (two_byte_ && is_shift_jis_lead(text_[at_]) && at_ + 1 < text_.size() && text_[at_ + 1] == '\\') {
        value += text_[at_++];
      } else if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      } else if (text_[at_] == '\r' || text_[at_] == '\n') {
        odd();
        ++at_;
        continue;
      }
      value += text_[at_++];
    }
    if (!is_simple_quoted(text_.substr(begin, at_ - begin))) odd();
    if (at_ == text_.size()) {
      odd();
    } else {
      ++at_;
    }
    return value;
  }

  // Up to the next semicolon: names like `report (1).zip` come without quotes.
  std::string read_unquoted() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ';') at_ = std::max(at_ + 1, after_two_byte(at_));
    std::string_view value = text_.substr(begin, at_ - begin);
    // `a=b c="d"`: the semicolon between them is missing.
    const auto blank = value.find_first_of(" \t\r\n");
    if (blank != std::string_view::npos) {
      const auto next = value.find('=', blank);
      if (next != std::string_view::npos && is_token(trim(value.substr(blank, next - blank)))) {
        value = value.substr(0, blank);
        at_ = begin + blank;
      }
    }
    value = trim(value);
    if (!is_token(value)) odd();
    return std::string(value);
  }

  void check_names() {
    std::vector<std::string_view> names;
    names.reserve(field_.parameters.size());
    for (const RawParameter& parameter : field_.parameters) names.emplace_back(parameter.name);
    std::sort(names.begin(), names.end());
    if (std::adjacent_find(names.begin(), names.end()) != names.end()) odd();
  }

  static constexpr std::string_view kToTwoByte = "\x1b$";
  static constexpr std::string_view kToAscii = "\x1b(";

  std::string_view text_;
  bool two_byte_;
  std::size_t last_shift_back_;
  std::size_t at_ = 0;
  FieldWithParameters field_;
};

std::string percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      bytes += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

// Takes `charset'language'` off the front.
std::string take_charset(std::string& value) {
  const auto first = value.find('\'');
  if (first == std::string::npos) return {};
  const auto second = value.find('\'', first + 1);
  if (second == std::string::npos) return {};
  std::string charset = value.substr(0, first);
  value.erase(0, second + 1);
  return charset;
}

// RFC 2231 piece "name*3*": its number, -1 for "name*"; nothing if the name is another.
struct Piece {
  int number = -1;
  bool encoded = false;
};
std::optional<Piece> piece_of(std::string_view name, std::string_view wanted) {
  if (!name.starts_with(wanted) || name.size() == wanted.size() || name[wanted.size()] != '*') return {};
  name.remove_prefix(wanted.size() + 1);
  Piece piece;
  if (name.empty()) {
    piece.encoded = true;
    return piece;
  }
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), piece.number);
  if (error != std::errc() || piece.number < 0) return {};
  const std::string_view rest(end, static_cast<std::size_t>(name.data() + name.size() - end));
  if (!rest.empty() && rest != "*") return {};
  piece.encoded = rest == "*";
  return piece;
}

}  // namespace

std::optional<ParameterText> FieldWithParameters::parameter(std::string_view name) const {
  const RawParameter* plain = nullptr;
  const RawParameter* whole = nullptr;
  std::map<int, std::pair<bool, const RawParameter*>> pieces;
  for (const RawParameter& raw : parameters) {
    if (!std::string_view(raw.name).starts_with(name)) continue;
    if (raw.name == name) {
      if (!plain) plain = &raw;
    } else if (const auto piece = piece_of(raw.name, name)) {
      if (piece->number >= 0) {
        pieces.emplace(piece->number, std::pair(piece->encoded, &raw));
      } else if (!whole) {
        whole = &raw;
      }
    }
  }
  ParameterText text;
  if (whole) {
    std::string value = whole->value;
    text.charset = take_charset(value);
    text.bytes = percent_decoded(value);
    text.extended = true;
    return text;
  }
  if (!pieces.empty()) {
    for (const auto& [number, piece] : pieces) {
      std::string value = piece.second->value;
      if (piece.first && number == pieces.begin()->first) text.charset = take_charset(value);
      text.bytes += piece.first ? percent_decoded(value) : value;
      text.extended = text.extended || piece.first;
    }
    return text;
  }
  if (!plain) return std::nullopt;
  text.bytes = plain->value;
  return text;
}

std::string FieldWithParameters::charset() const {
  const auto text = parameter("charset");
  if (!text) return {};
  const std::string_view label = trim(text->bytes);
  return std::string(label.substr(0, label.find_first_of(" \t\r\n(")));
}

FieldWithParameters parse_parameters(std::string_view value) { return Parser(value).parse(); }

}  // namespace mail
