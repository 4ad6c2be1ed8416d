#include "scanner/treatment/text_edit.h"

#include <algorithm>
#include <array>

#include "mail/charset.h"
#include "mail/iconv_converter.h"
#include "mail/mime/ascii.h"
#include "mail/mime/encoded_place.h"
#include "mail/utf8.h"
#include "scanner/treatment/field_edit.h"
#include "scanner/treatment/notice.h"

namespace scanner {

namespace {

using mail::MimePart;
using mail::Splice;
using mail::TransferEncoding;

bool is_html(const MimePart& part) { return part.content_type.word == "text/html"; }

bool has_8bit(std::string_view text) { return std::any_of(text.begin(), text.end(), mail::is_8bit); }

bool is_us_ascii(std::string_view label) {
  return mail::same_word(label, "us-ascii") || mail::same_word(label, "ascii") ||
         mail::same_word(label, "ansi_x3.4-1968");
}

// Two or more bytes an ASCII character: nothing can be put in between by bytes.
bool is_wide(std::string_view charset) {
  const std::string name = mail::to_lower(charset);
  return name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("utf16") ||
         name.starts_with("utf32") || name.starts_with("ucs") || name.starts_with("unicode");
}

// Where the page itself names its charset, in its first lines.
std::optional<mail::ByteRange> meta_charset(std::string_view html) {
  constexpr std::size_t kLookedAt = 4096;
  html = html.substr(0, kLookedAt);
  for (auto at = mail::find_word(html, "charset"); at != std::string_view::npos;
       at = mail::find_word(html, "charset", at + 1)) {
    const auto after_blanks = [&](std::size_t from) {
      while (from < html.size() && mail::is_line_space(html[from])) ++from;
      return from;
    };
    std::size_t begin = after_blanks(at + 7);
    if (!html.substr(begin).starts_with('=')) continue;
    begin = after_blanks(begin + 1);
    if (html.substr(begin).starts_with('"') || html.substr(begin).starts_with('\'')) ++begin;
    return mail::ByteRange{begin, std::min(html.find_first_of("\"'; />\t\r\n", begin), html.size())};
  }
  return {};
}

// A page in UTF-8 that may still name the charset that it came in.
std::string named_utf8(std::string html) {
  if (const auto name = meta_charset(html)) html.replace(name->begin, name->size(), "utf-8");
  return html;
}

std::string with_line_end(std::string_view text, std::string_view line_end) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += line_end;
    } else {
      result += c;
    }
  }
  return result;
}

// Labels are read in the widest sense that senders give them (gb2312 as GB18030). What we write under one
// must be readable to a program that takes it in the narrow sense.
bool holds_in_narrow_sense(std::string_view utf8, std::string_view label) {
  struct Narrow {
    std::string_view label;
    const char* charset;
  };
  constexpr std::array<Narrow, 15> kNarrow = {{{"gb2312", "EUC-CN"},
                                               {"csgb2312", "EUC-CN"},
                                               {"gbk", "GBK"},
                                               {"x-gbk", "GBK"},
                                               {"big5", "BIG5"},
                                               {"cn-big5", "BIG5"},
                                               {"csbig5", "BIG5"},
                                               {"euc-kr", "EUC-KR"},
                                               {"ks_c_5601-1987", "EUC-KR"},
                                               {"iso-2022-jp", "ISO-2022-JP"},
                                               {"iso-2022-jp-3", "ISO-2022-JP"},
                                               {"euc-jp", "EUC-JP"},
                                               {"shift_jis", "CP932"},
                                               {"shift-jis", "CP932"},
                                               {"x-sjis", "CP932"}}};
  const auto narrow = std::find_if(kNarrow.begin(), kNarrow.end(),
                                   [&](const Narrow& n) { return mail::same_word(n.label, label); });
  return narrow == kNarrow.end() || mail::iconv_convert(utf8, "UTF-8", narrow->charset).has_value();
}

// Line by line: each must end in the initial state of a stateful charset.
std::optional<std::string> convert_lines(std::string_view utf8, std::string_view charset) {
  if (!holds_in_narrow_sense(utf8, charset)) return std::nullopt;
  std::string converted;
  while (!utf8.empty()) {
    const std::size_t next = mail::next_line(utf8, 0, utf8.size());
    const std::string_view line = mail::without_line_end(utf8.substr(0, next));
    const auto text = mail::from_utf8(line, charset);
    if (!text) return std::nullopt;
    converted += *text;
    converted += utf8.substr(line.size(), next - line.size());
    utf8.remove_prefix(next);
  }
  return converted;
}

// RFC 3676, 4.4: a line that begins like this would be taken for a quote or a mangled one.
std::string stuffed(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t next = mail::next_line(text, 0, text.size());
    std::string_view line = mail::without_line_end(text.substr(0, next));
    if (line.starts_with(' ') || line.starts_with('>') || line.starts_with("From ")) result += ' ';
    // A blank at the end would join the line with the next one.
    while (line.ends_with(' ')) line.remove_suffix(1);
    result += line;
    result += '\n';
    text.remove_prefix(next);
  }
  return result;
}

bool is_flowed(const MimePart& part) {
  const auto format = part.content_type.parameter("format");
  return format && mail::same_word(mail::trim(format->bytes), "flowed");
}

struct NewText {
  std::string bytes;  ///< decoded, with the notice in it
  std::string charset;
  std::size_t notice_begin;  ///< in `bytes`
  std::size_t notice_size;
};

NewText insert(std::string_view text, std::size_t at, std::string_view notice, std::string charset) {
  NewText result{std::string(text.substr(0, at)), std::move(charset), at, notice.size()};
  result.bytes += notice;
  result.bytes += text.substr(at);
  return result;
}

// The text of the part with the notice, in its own charset or in UTF-8.
std::optional<NewText> new_text(const MimePart& part, std::string_view decoded, std::string_view notice,
                                std::string_view line_end) {
  const std::string label = text_charset(part, decoded);
  const auto utf8 = mail::to_utf8(decoded, label);
  if (!utf8) return std::nullopt;
  std::string words = is_html(part) ? notice_html(notice) : std::string(notice);
  if (!is_html(part) && is_flowed(part)) words = stuffed(words);
  words = with_line_end(words, is_wide(label) ? mail::line_end_of(*utf8, line_end) : line_end);
  const auto place = [&](std::string_view text, std::string_view charset) -> std::size_t {
    if (is_html(part)) {
      if (const auto at = notice_place_in_html(text, charset)) return at;
    }
    return text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  };
  if (is_wide(label)) {
    NewText whole = insert(*utf8, place(*utf8, "utf-8"), words, label);
    if (auto converted = mail::from_utf8(whole.bytes, label)) {
      whole.bytes = std::move(*converted);
      return whole;
    }
  } else if (const auto converted = convert_lines(words, label)) {
    return insert(decoded, place(decoded, label), *converted, label);
  }
  const std::string whole = is_html(part) ? named_utf8(*utf8) : *utf8;
  return insert(whole, place(whole, "utf-8"), words, "utf-8");
}

void relabel(const mail::MimeMap& map, const MimePart& part, const NewText& text, TransferEncoding encoding,
             std::string_view line_end, std::vector<Splice>& splices) {
  FieldEdit fields(map, part, line_end);
  const std::string label = part.content_type.charset();
  // us-ascii without a label stays without.
  const bool stays = label.empty() ? is_us_ascii(text.charset) : mail::same_word(label, text.charset);
  if (!stays) fields.set_charset(text.charset);
  if (encoding != part.encoding) fields.set_encoding(mail::name(encoding));
  for (Splice& splice : fields.take()) splices.push_back(std::move(splice));
}

// The notice alone, between the bytes as they stand. A soft line end in front keeps the line that it breaks
// short; nothing if that can't be had, or the text can't be split there.
std::optional<Splice> splice_in_quoted_printable(const mail::MimeMap& map, const MimePart& part,
                                                 std::string_view decoded, const NewText& text,
                                                 std::string_view line_end) {
  constexpr std::size_t kLongestBeforeSoftEnd = 75;
  const std::string_view body = map.body(part);
  const auto place = mail::quoted_printable_place(body, decoded, text.notice_begin);
  if (!place) return std::nullopt;
  const std::size_t line = body.substr(0, *place).rfind('\n') + 1;
  if (*place - line > kLongestBeforeSoftEnd) return std::nullopt;
  std::string encoded = *place == line ? "" : "=" + std::string(line_end);
  encoded += mail::encode_quoted_printable(
      std::string_view(text.bytes).substr(text.notice_begin, text.notice_size), line_end, text.charset);
  const std::size_t at = part.body.begin + *place;
  return Splice{{at, at}, std::move(encoded)};
}

// A way on that took an 8-bit label will take 8 bits.
bool is_labelled_8bit(const mail::MimeMap& map, const MimePart& part) {
  const std::string_view source = map.source(part.source);
  const auto fields = part.header.named(source, "content-transfer-encoding");
  if (fields.empty()) return false;
  const std::string_view word = mail::trim(fields.front()->value.of(source));
  return mail::same_word(word, "8bit") || mail::same_word(word, "binary");
}

}  // namespace

std::string text_charset(const MimePart& part, std::string_view decoded) {
  std::string charset = part.content_type.charset();
  if (const auto name = meta_charset(decoded); charset.empty() && is_html(part) && name)
    charset = name->of(decoded);
  if (charset.empty()) charset = "us-ascii";
  // Old Japanese mail came without a label, or with the wrong one.
  if (is_us_ascii(charset) && decoded.find("\x1b$") != std::string_view::npos &&
      mail::to_utf8(decoded, "iso-2022-jp")) {
    return "iso-2022-jp";
  }
  return charset;
}

std::optional<std::vector<Splice>> put_notice(const mail::MimeMap& map, const MimePart& part,
                                              std::string_view notice, std::string_view line_end) {
  if (part.encoding == TransferEncoding::uuencode) return std::nullopt;
  const std::string decoded = map.decoded_body(part);
  // Text in base64 may have other line ends than the message.
  const std::string_view own_line_end =
      part.encoding == TransferEncoding::base64 ? mail::line_end_of(decoded, line_end) : line_end;
  const auto text = new_text(part, decoded, notice, own_line_end);
  if (!text) return std::nullopt;

  TransferEncoding encoding = part.encoding;
  std::vector<Splice> splices;
  if (is_wide(text->charset)) {
    encoding = TransferEncoding::base64;
  } else if (encoding == TransferEncoding::identity && has_8bit(text->bytes) && !has_8bit(decoded) &&
             !is_labelled_8bit(map, part)) {
    // The way on may be clean for 7 bits only.
    encoding = TransferEncoding::quoted_printable;
  }
  // Ahead of the text: without an empty line after the header both go to the same place.
  relabel(map, part, *text, encoding, line_end, splices);
  const bool kept = encoding == part.encoding && text->charset == text_charset(part, decoded);
  if (kept && encoding == TransferEncoding::identity) {
    const std::size_t at = part.body.begin + text->notice_begin;
    splices.push_back({{at, at}, text->bytes.substr(text->notice_begin, text->notice_size)});
  } else if (auto splice = kept && encoding == TransferEncoding::quoted_printable
                               ? splice_in_quoted_printable(map, part, decoded, *text, line_end)
                               : std::nullopt) {
    splices.push_back(std::move(*splice));
  } else {
    std::string encoded;
    if (encoding == TransferEncoding::base64) {
      encoded = mail::encode_base64(text->bytes, line_end);
    } else if (encoding == TransferEncoding::quoted_printable) {
      encoded = mail::encode_quoted_printable(text->bytes, line_end, text->charset);
    } else {
      encoded = text->bytes;
    }
    // base64 ends with a line end of its own; the one before the boundary stays where it was.
    if (encoding == TransferEncoding::base64 && !map.body(part).ends_with('\n') &&
        encoded.ends_with(line_end)) {
      encoded.resize(encoded.size() - line_end.size());
    }
    splices.push_back({part.body, std::move(encoded)});
  }
  return splices;
}

}  // namespace scanner
