#include "mail/charset.h"

#include <algorithm>
#include <array>

#include "mail/iconv_converter.h"
#include "mail/japanese_charset.h"
#include "mail/utf8.h"

namespace mail {

namespace {

struct Alias {
  std::string_view label;  ///< lower case
  const char* name;        ///< for iconv
};

/// Labels that mean more than iconv gives them, or that it does not know. In the order of the alphabet.
constexpr auto kAliases = std::to_array<Alias>({
    {"646", "ASCII"},
    {"ansi_x3.4-1968", "ASCII"},
    {"ascii", "ASCII"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"chinese", "GB18030"},
    {"cn-big5", "BIG5-HKSCS"},
    {"cn-gb", "GB18030"},
    {"cp50220", "ISO-2022-JP"},
    {"cp50221", "ISO-2022-JP"},
    {"cp50222", "ISO-2022-JP"},
    {"cp51932", "EUC-JP-MS"},
    {"cp932", "CP932"},
    {"cp936", "GB18030"},
    {"cp943", "CP932"},
    {"cp943c", "CP932"},
    {"cp949", "UHC"},
    {"csbig5", "BIG5-HKSCS"},
    {"cseuckr", "UHC"},
    {"cseucpkdfmtjapanese", "EUC-JP-MS"},
    {"csgb2312", "GB18030"},
    {"csiso2022jp", "ISO-2022-JP"},
    {"csksc56011987", "UHC"},
    {"csshiftjis", "CP932"},
    {"cswindows31j", "CP932"},
    {"default", "ASCII"},
    {"euc-jp", "EUC-JP-MS"},
    {"euc-jp-ms", "EUC-JP-MS"},
    {"euc-jpms", "EUC-JP-MS"},
    {"euc-kr", "UHC"},
    {"euc_jp", "EUC-JP-MS"},
    {"euc_kr", "UHC"},
    {"eucjp", "EUC-JP-MS"},
    {"eucjp-ms", "EUC-JP-MS"},
    {"eucjp-open", "EUC-JP-MS"},
    {"eucjp-win", "EUC-JP-MS"},
    {"eucjpms", "EUC-JP-MS"},
    {"gb2312", "GB18030"},
    {"gb_2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gbk", "GB18030"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"iso-2022-jp-1", "ISO-2022-JP"},
    {"iso-2022-jp-ms", "ISO-2022-JP"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso2022-jp", "ISO-2022-JP"},
    {"iso2022jp", "ISO-2022-JP"},
    {"iso2022jpms", "ISO-2022-JP"},
    {"jis", "ISO-2022-JP"},
    {"korean", "UHC"},
    {"ks_c_5601", "UHC"},
    {"ks_c_5601-1987", "UHC"},
    {"ks_c_5601-1989", "UHC"},
    {"ksc5601", "UHC"},
    {"ksc_5601", "UHC"},
    {"ms932", "CP932"},
    {"ms_kanji", "CP932"},
    {"s-jis", "CP932"},
    {"shift-jis", "CP932"},
    {"shift_jis", "CP932"},
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"sjis-open", "CP932"},
    {"sjis-win", "CP932"},
    {"ujis", "EUC-JP-MS"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"us-ascii", "ASCII"},
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"windows-31j", "CP932"},
    {"windows-874", "CP874"},
    {"windows-932", "CP932"},
    {"windows-936", "GB18030"},
    {"windows-949", "UHC"},
    {"x-cp932", "CP932"},
    {"x-euc", "EUC-JP-MS"},
    {"x-euc-jp", "EUC-JP-MS"},
    {"x-eucjp", "EUC-JP-MS"},
    {"x-gbk", "GB18030"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-japanese", "CP932"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-ms-cp932", "CP932"},
    {"x-sjis", "CP932"},
    {"x-unicode-2-0-utf-8", "UTF-8"},
    {"x-windows-949", "UHC"},
    {"x-x-big5", "BIG5-HKSCS"},
});
static_assert(std::ranges::is_sorted(kAliases, {}, &Alias::label));

bool is_blank_or_quote(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '\'';
}

std::string_view trimmed(std::string_view label) {
  while (!label.empty() && is_blank_or_quote(label.front())) label.remove_prefix(1);
  while (!label.empty() && is_blank_or_quote(label.back())) label.remove_suffix(1);
  return label;
}

/// Lower case; nothing if a character can stand in no name. Above all `/` and `,` have a meaning to iconv
/// (//TRANSLIT), and its empty name is the locale's charset.
std::optional<std::string> plain_label(std::string_view label) {
  constexpr std::size_t kLongest = 40;
  label = trimmed(label);
  if (label.empty() || label.size() > kLongest) return std::nullopt;
  std::string lower;
  for (const char c : label) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool allowed = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                         std::string_view("-_.:+()").find(c) != std::string_view::npos;
    if (!allowed) return std::nullopt;
    lower += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

/// Some senders write Windows' quotation marks and call the text Latin-1: where its C1 controls would stand,
/// the wider Windows charset is meant.
const char* windows_superset(std::string_view name) {
  if (name == "ISO-8859-1" || name == "LATIN1" || name == "L1") return "CP1252";
  if (name == "ISO-8859-9" || name == "LATIN5" || name == "L5") return "CP1254";
  return nullptr;
}

bool has_c1(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return (static_cast<unsigned char>(c) & 0xE0) == 0x80; });
}

/// UTF-16 without a byte order mark is big-endian (RFC 2781, 4.3), but written in both orders. Text has ASCII
/// in it, at the least its line ends; where it has none, kana.
const char* byte_order_of(std::string_view utf16) {
  if (utf16.starts_with("\xFF\xFE") || utf16.starts_with("\xFE\xFF")) return "UTF-16";
  std::size_t big = 0;
  std::size_t little = 0;
  for (std::size_t at = 0; at + 1 < utf16.size(); at += 2) {
    const auto is_high = [](char c) { return c == '\0' || c == '\x30'; };
    big += is_high(utf16[at]) ? 1 : 0;
    little += is_high(utf16[at + 1]) ? 1 : 0;
  }
  return little > big ? "UTF-16LE" : "UTF-16BE";
}

std::optional<std::string> decoded(std::string_view bytes, const std::string& name) {
  if (name == "UTF-8") return std::string(bytes);
  if (name == "ISO-2022-JP") return iso_2022_jp_to_utf8(bytes);
  if (name == "EUC-JP-MS") return euc_jp_to_utf8(bytes);
  if (name == "UTF-16") return iconv_convert(bytes, byte_order_of(bytes), "UTF-8");
  if (const char* superset = windows_superset(name); superset != nullptr && has_c1(bytes)) {
    if (auto text = iconv_convert(bytes, superset, "UTF-8")) return text;
  }
  return iconv_convert(bytes, name, "UTF-8");
}

/// IBM's characters as EUC-JP-MS writes them (0x8F 0xF3, 0x8F 0xF4) are read by nearly no mail program.
bool has_rare_euc(std::string_view bytes) {
  return bytes.find("\x8F\xF3") != std::string_view::npos || bytes.find("\x8F\xF4") != std::string_view::npos;
}

/// JIS X 0201's left half, which has the yen sign and the overline where ASCII has `\` and `~`: Windows and
/// Perl read it as ASCII.
bool has_jis_roman(std::string_view bytes) { return bytes.find("\x1b(J") != std::string_view::npos; }

bool differs_among_readers(std::string_view bytes, std::string_view name) {
  return (name == "EUC-JP-MS" && has_rare_euc(bytes)) || (name == "ISO-2022-JP" && has_jis_roman(bytes));
}

constexpr std::string_view kByteOrderMark = "\uFEFF";

}  // namespace

std::optional<std::string> charset_of_label(std::string_view label) {
  auto lower = plain_label(label);
  if (!lower) return std::nullopt;
  const auto* alias = std::ranges::lower_bound(kAliases, *lower, {}, &Alias::label);
  if (alias != kAliases.end() && alias->label == *lower) return alias->name;
  for (char& c : *lower)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (!iconv_knows(*lower)) return std::nullopt;
  return lower;
}

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view label) {
  const auto name = charset_of_label(label);
  if (!name) return std::nullopt;
  auto text = decoded(bytes, *name);
  if (!text || !is_utf8(*text)) return std::nullopt;
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  return text;
}

std::optional<std::string> from_utf8(std::string_view utf8, std::string_view label) {
  const auto name = charset_of_label(label);
  if (!name || !is_utf8(utf8)) return std::nullopt;
  // A mark at the beginning would not come back.
  if (utf8.starts_with(kByteOrderMark)) return std::nullopt;
  if (*name == "UTF-8") return std::string(utf8);
  auto bytes = iconv_convert(utf8, "UTF-8", *name);
  if (!bytes || differs_among_readers(*bytes, *name)) return std::nullopt;
  if (to_utf8(*bytes, *name) != utf8) return std::nullopt;
  return bytes;
}

}  // namespace mail
