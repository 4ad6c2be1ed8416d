#include "mail/mime/file_name.h"

#include <algorithm>
#include <array>
#include <optional>

#include "mail/charset.h"
#include "mail/mime/ascii.h"
#include "mail/mime/encoded_word.h"
#include "mail/utf8.h"

namespace mail {

namespace {

// Half-width katakana: what EUC-JP looks like when it is read as Shift_JIS.
std::size_t half_width_kana(std::string_view utf8) {
  std::size_t count = 0;
  while (!utf8.empty()) {
    const Utf8Char c = first_utf8_char(utf8);
    if (c.code_point >= 0xff61 && c.code_point <= 0xff9f) ++count;
    utf8.remove_prefix(c.length);
  }
  return count;
}

std::optional<std::string> guess_japanese(std::string_view bytes) {
  const auto shift_jis = to_utf8(bytes, "shift_jis");
  const auto euc = to_utf8(bytes, "euc-jp");
  if (shift_jis && euc) return half_width_kana(*shift_jis) > half_width_kana(*euc) ? euc : shift_jis;
  return shift_jis ? shift_jis : euc;
}

std::string name_of(ParameterText text, std::string_view charset_hint) {
  // No more is shown than the first characters.
  constexpr std::size_t kLongest = 8192;
  if (text.bytes.size() > kLongest) text.bytes.resize(kLongest);
  if (!text.charset.empty()) {
    if (auto utf8 = to_utf8(text.bytes, text.charset)) return *utf8;
  }
  if (!text.extended && text.bytes.find("=?") != std::string::npos) {
    const std::string decoded = decode_encoded_words(text.bytes);
    return is_utf8(decoded) ? decoded : guess_utf8(decoded, charset_hint);
  }
  return guess_utf8(text.bytes, charset_hint);
}

}  // namespace

std::string guess_utf8(std::string_view bytes, std::string_view charset_hint) {
  if (bytes.find('\x1b') != std::string_view::npos) {
    if (auto utf8 = to_utf8(bytes, "iso-2022-jp")) return *utf8;
  }
  if (is_utf8(bytes)) return std::string(bytes);
  if (!charset_hint.empty()) {
    if (auto utf8 = to_utf8(bytes, charset_hint)) return *utf8;
  }
  if (auto utf8 = guess_japanese(bytes)) return *utf8;
  if (auto utf8 = to_utf8(bytes, "windows-1252")) return *utf8;
  return to_utf8(bytes, "iso-8859-1").value_or(std::string());
}

std::string file_name(const MimePart& part, std::string_view charset_hint) {
  const std::string own = part.content_type.charset();
  const std::string hint = own.empty() || same_word(own, "us-ascii") ? std::string(charset_hint) : own;
  struct Place {
    const FieldWithParameters* field;
    std::string_view parameter;
  };
  const std::array<Place, 4> places = {{{&part.disposition, "filename"},
                                        {&part.content_type, "name"},
                                        {&part.disposition, "name"},
                                        {&part.content_type, "filename"}}};
  for (const auto& [field, parameter] : places) {
    const auto text = field->parameter(parameter);
    if (!text) continue;
    std::string name(trim(name_of(*text, hint)));
    if (!name.empty()) return name;
  }
  return {};
}

std::string shown_file_name(std::string_view name) {
  constexpr int kMostCharacters = 120;
  std::string shown;
  int characters = 0;
  while (!name.empty() && characters < kMostCharacters) {
    const Utf8Char c = first_utf8_char(name);
    if (!is_control_or_bidi(c.code_point)) {
      append_utf8(shown, c.code_point);
      ++characters;
    }
    name.remove_prefix(c.length);
  }
  return shown;
}

}  // namespace mail
