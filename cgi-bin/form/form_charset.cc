#include "cgi-bin/form/form_charset.h"

#include <algorithm>
#include <array>

#include "cgi-bin/form/composed_kana.h"
#include "mail/charset.h"
#include "mail/utf8.h"

// The guess. A page says nothing of the charset of its POST, old browsers neither. UTF-8 nearly proves
// itself: text in another charset fits it only by chance, and then as two-byte sequences (Latin, Greek,
// Cyrillic, Arabic letters). So a page without Japanese labels, and "Müller" in it, is UTF-8, though these
// bytes are two kanji's in EUC-JP, too. EUC-JP and Shift_JIS overlap: EUC's bytes are half-width kana in
// Shift_JIS, Shift_JIS's kana pairs are rare kanji in EUC. So each charset that fits gets marks for what it
// makes of the bytes, and the whole submission, labels included, votes at once.

namespace formmail {

namespace {

constexpr std::array<const char*, 3> kEightBit = {"utf-8", "euc-jp", "shift_jis"};

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; });
}

/// Letters and signs of the languages that a form is most likely in if not in Japanese.
bool is_of_europe_or_near_east(char32_t c) {
  return (c >= 0xA0 && c < 0x180) || (c >= 0x386 && c < 0x460) || (c >= 0x5D0 && c < 0x5EB) ||
         (c >= 0x620 && c < 0x670);
}

/// How odd a character is in a form.
int oddity(char32_t c) {
  if (c < 0x80) return 0;
  if (c >= 0x3000 && c < 0x3100) return 0;  // Japanese punctuation, kana
  if (c >= 0x4E00 && c < 0xA000) return 2;  // kanji, common or not
  if (is_of_europe_or_near_east(c)) return 1;
  if (c >= 0xFF01 && c < 0xFF5F) return 1;   // full-width ASCII
  if (c >= 0xFF61 && c < 0xFFA0) return 6;   // half-width kana
  if (c >= 0x2000 && c < 0x2700) return 3;   // punctuation, circled numbers, lines
  if (c >= 0x80 && c < 0x800) return 8;      // more of what is two bytes in UTF-8
  if (c >= 0xE000 && c < 0xF900) return 20;  // private use: a reading that nobody meant
  return 4;
}

struct Reading {
  const char* charset;
  long marks;
};

std::optional<long> marks_of(const std::vector<std::string_view>& texts, const char* charset) {
  long marks = 0;
  for (const std::string_view text : texts) {
    if (is_ascii(text)) continue;
    const std::optional<std::string> utf8 = mail::to_utf8(text, charset);
    if (!utf8) return std::nullopt;
    for (std::string_view rest = *utf8; !rest.empty();) {
      const mail::Utf8Char c = mail::first_utf8_char(rest);
      marks += oddity(c.code_point);
      rest.remove_prefix(c.length);
    }
  }
  return marks;
}

/// ISO-2022-JP is the one 7-bit charset among them: it shows by its escapes.
bool has_escape(const std::vector<std::string_view>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](std::string_view text) { return text.find('\x1b') != std::string_view::npos; });
}

bool fits(const std::vector<std::string_view>& texts, std::string_view charset) {
  return std::all_of(texts.begin(), texts.end(), [&](std::string_view text) {
    if (charset == "utf-8") return mail::is_utf8(text);
    return mail::to_utf8(text, charset).has_value();
  });
}

/// Whether all that is not ASCII is written in three or four bytes: then it is UTF-8 and nothing else.
bool is_evident_utf8(const std::vector<std::string_view>& texts) {
  for (std::string_view text : texts) {
    while (!text.empty()) {
      const mail::Utf8Char c = mail::first_utf8_char(text);
      if (!c.valid || c.length == 2) return false;
      text.remove_prefix(c.length);
    }
  }
  return true;
}

/// A URL keeps its controls: it is refused for them.
bool is_url_field(std::string_view name) { return name.starts_with('_') && name.ends_with("_url_"); }

/// Line ends become LF; other controls than TAB go, unless they are to stay.
std::string plain_lines(std::string_view text, bool keep_controls) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\r') {
      if (text.substr(i + 1).starts_with('\n')) continue;
      out += '\n';
    } else if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7F) || keep_controls) {
      out += text[i];
    }
  }
  return out;
}

/// `&#` digits `;` at the start of `text`: the code point and the length; nothing for anything else.
std::optional<mail::Utf8Char> numeric_reference(std::string_view text) {
  if (!text.starts_with("&#")) return std::nullopt;
  char32_t code_point = 0;
  std::size_t i = 2;
  for (; i < text.size() && i < 9 && text[i] >= '0' && text[i] <= '9'; ++i) {
    code_point = code_point * 10 + static_cast<char32_t>(text[i] - '0');
  }
  if (i == 2 || i >= text.size() || text[i] != ';') return std::nullopt;
  const bool scalar = code_point < 0xD800 || (code_point >= 0xE000 && code_point <= 0x10FFFF);
  if (!scalar || code_point < 0xA0) return std::nullopt;
  return mail::Utf8Char{code_point, i + 1, true};
}

/// Whether a browser writes the character in this charset. Into EUC-JP it writes none of JIS X 0212, which it
/// reads (WHATWG Encoding).
bool browser_writes(std::string_view character, std::string_view charset) {
  const std::optional<std::string> bytes = mail::from_utf8(character, charset);
  return bytes && !(mail::charset_of_label(charset) == "EUC-JP-MS" && bytes->starts_with('\x8F'));
}

/// Undoes HTML's "html" error mode. A person who typed `&#12354;` typed a character that the charset has, so
/// that only what the browser could not write otherwise is turned back.
std::string resolve_references(std::string text, std::string_view charset) {
  std::size_t at = text.find("&#");
  if (at == std::string::npos) return text;
  std::string out;
  std::string_view rest = text;
  while (at != std::string_view::npos) {
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    std::size_t taken = 2;
    std::string character;
    if (const auto reference = numeric_reference(rest)) {
      mail::append_utf8(character, reference->code_point);
      if (!browser_writes(character, charset)) taken = reference->length;
    }
    out += taken == 2 ? rest.substr(0, 2) : std::string_view(character);
    rest.remove_prefix(taken);
    at = rest.find("&#");
  }
  return out.append(rest);
}

std::string decoded(std::string_view text, std::string_view charset, bool keep_controls = false) {
  if (charset == "utf-8") return composed_kana(plain_lines(text, keep_controls));
  const bool as_it_is = is_ascii(text) && charset != "iso-2022-jp";
  const std::string utf8 = as_it_is ? std::string(text) : mail::to_utf8(text, charset).value_or("");
  return composed_kana(resolve_references(plain_lines(utf8, keep_controls), charset));
}

std::vector<std::string_view> texts_of(const FormData& data) {
  std::vector<std::string_view> texts;
  texts.reserve(data.size() * 2);
  for (const FormEntry& entry : data) {
    texts.emplace_back(entry.name);
    texts.emplace_back(entry.value);
    if (entry.file_name) texts.emplace_back(*entry.file_name);
  }
  return texts;
}

/// The charset of that label; "" if a form can't be sent in it.
std::string charset_named(std::string_view label) {
  const std::optional<std::string> name = mail::charset_of_label(label);
  if (!name || name->starts_with("UTF-7") || name->starts_with("UTF-16") || name->starts_with("UTF-32")) {
    return "";
  }
  if (*name == "UTF-8") return "utf-8";
  return *name == "ISO-2022-JP" ? "iso-2022-jp" : *name;
}

std::string declared_charset(const FormData& data) {
  const auto entry =
      std::find_if(data.begin(), data.end(), [](const FormEntry& e) { return e.name == "_charset_"; });
  return entry == data.end() ? "" : charset_named(entry->value);
}

/// Of a Content-Type: what a script's request says of itself. Only charsets that not every byte fits, as some
/// programs write ISO-8859-1 whatever they send.
std::string sent_charset(std::string_view content_type) {
  const std::string charset = charset_named(parameter_of(content_type, "charset").value_or(""));
  const bool strict =
      charset == "utf-8" || charset == "iso-2022-jp" || charset == "EUC-JP-MS" || charset == "CP932";
  return strict ? charset : "";
}

}  // namespace

std::optional<std::string> guess_charset(const std::vector<std::string_view>& texts) {
  if (has_escape(texts) && std::all_of(texts.begin(), texts.end(), is_ascii)) {
    if (fits(texts, "iso-2022-jp")) return "iso-2022-jp";
  }
  if (is_evident_utf8(texts)) return "utf-8";
  std::optional<Reading> best;
  for (const char* charset : kEightBit) {
    const std::optional<long> marks = marks_of(texts, charset);
    if (marks && (!best || *marks < best->marks)) best = Reading{charset, *marks};
  }
  if (!best) return std::nullopt;
  return best->charset;
}

std::optional<std::string> evident_charset(std::string_view text, std::string_view declared) {
  std::optional<std::string> guess = guess_charset({text});
  if (!guess || mail::charset_of_label(*guess) == mail::charset_of_label(declared)) return std::nullopt;
  if (*guess == "iso-2022-jp") return guess;
  if (is_ascii(text) || mail::charset_of_label(declared) == "UTF-8") return std::nullopt;
  if (is_evident_utf8({text})) return guess;
  constexpr long kFew = 30;  // some half-width kana, or a sign here and there, prove nothing
  const std::optional<long> marks = marks_of({text}, std::string(declared).c_str());
  const std::optional<long> guessed = marks_of({text}, guess->c_str());
  return marks && guessed && *marks > 2 * *guessed + kFew ? guess : std::nullopt;
}

std::optional<std::string> decode_form(FormData& data, std::string_view content_type,
                                       std::string_view profile_charset) {
  const std::vector<std::string_view> texts = texts_of(data);
  std::string charset;
  for (const std::string& told :
       {declared_charset(data), sent_charset(content_type), std::string(profile_charset)}) {
    if (charset.empty() && !told.empty() && fits(texts, told)) charset = told;
  }
  if (charset.empty()) charset = guess_charset(texts).value_or("");
  if (charset.empty()) return std::nullopt;
  for (FormEntry& entry : data) {
    entry.name = decoded(entry.name, charset);
    entry.value = decoded(entry.value, charset, is_url_field(entry.name));
    if (entry.file_name) entry.file_name = decoded(*entry.file_name, charset);
  }
  return charset;
}

}  // namespace formmail
