#include "cgi-bin/form/composed_kana.h"

#include <algorithm>
#include <array>

#include "mail/utf8.h"

namespace formmail {

namespace {

constexpr std::string_view kVoiced = "\u3099";
constexpr std::string_view kSemiVoiced = "\u309A";

struct Pair {
  char32_t plain, voiced;
};

/// Those whose voiced form is not the next character.
constexpr std::array<Pair, 6> kApart = {
    {{U'う', U'ゔ'}, {U'ウ', U'ヴ'}, {U'ワ', U'ヷ'}, {U'ヰ', U'ヸ'}, {U'ヱ', U'ヹ'}, {U'ヲ', U'ヺ'}}};

bool has_semi_voiced(char32_t hiragana) {
  return hiragana >= U'は' && hiragana <= U'ほ' && (hiragana - U'は') % 3 == 0;
}

bool has_voiced_next(char32_t hiragana) {
  if (hiragana >= U'か' && hiragana <= U'ち') return (hiragana - U'か') % 2 == 0;
  return hiragana == U'つ' || hiragana == U'て' || hiragana == U'と' || hiragana == U'ゝ' ||
         has_semi_voiced(hiragana);
}

/// `kana` with the mark; 0 where there is no such character.
char32_t composed(char32_t kana, bool voiced) {
  constexpr char32_t kToKatakana = U'ア' - U'あ';
  const char32_t hiragana = kana >= U'ァ' && kana <= U'ヾ' ? kana - kToKatakana : kana;
  if (!voiced) return has_semi_voiced(hiragana) ? kana + 2 : 0;
  if (has_voiced_next(hiragana)) return kana + 1;
  const auto* apart = std::ranges::find(kApart, kana, &Pair::plain);
  return apart == kApart.end() ? 0 : apart->voiced;
}

}  // namespace

std::string composed_kana(std::string_view utf8) {
  if (utf8.find(kVoiced) == std::string_view::npos && utf8.find(kSemiVoiced) == std::string_view::npos)
    return std::string(utf8);
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(utf8);
    const std::string_view mark = utf8.substr(c.length, kVoiced.size());
    const bool marked = mark == kVoiced || mark == kSemiVoiced;
    const char32_t kana = marked ? composed(c.code_point, mark == kVoiced) : 0;
    if (kana != 0)
      mail::append_utf8(out, kana);
    else
      out += utf8.substr(0, c.length);
    utf8.remove_prefix(c.length + (kana != 0 ? mark.size() : 0));
  }
  return out;
}

}  // namespace formmail
