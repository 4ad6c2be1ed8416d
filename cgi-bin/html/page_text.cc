#include "cgi-bin/html/page_text.h"

#include <algorithm>

#include "mail/charset.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

using Byte = unsigned char;

/// How a charset tells ASCII from the bytes of its other characters.
enum class Layout { eight_bit, shift_jis, iso_2022_jp, double_byte };

Layout layout_of(std::string_view charset) {
  const std::string name = mail::charset_of_label(charset).value_or("");
  if (name == "CP932") return Layout::shift_jis;
  if (name == "ISO-2022-JP") return Layout::iso_2022_jp;
  // Big5 and its kin, GB18030, EUC-KR as Windows widened it: a trail byte may be an ASCII letter.
  for (const char* family : {"GB", "BIG5", "UHC", "CP949", "CP936", "CP950"}) {
    if (name.starts_with(family)) return Layout::double_byte;
  }
  return Layout::eight_bit;
}

/// Bytes of the character at `at`, which is not ASCII. A lead byte before a byte that can't follow it stands
/// alone: browsers read that byte anew, and so markup after half a character stays markup.
std::size_t shift_jis_length(std::string_view bytes, std::size_t at) {
  const Byte lead = static_cast<Byte>(bytes[at]);
  const bool is_lead = (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC);
  if (!is_lead || at + 1 == bytes.size()) return 1;
  const Byte trail = static_cast<Byte>(bytes[at + 1]);
  return trail >= 0x40 && trail != 0x7F && trail <= 0xFC ? 2 : 1;
}

std::size_t double_byte_length(std::string_view bytes, std::size_t at) {
  if (at + 1 == bytes.size()) return 1;
  const Byte trail = static_cast<Byte>(bytes[at + 1]);
  const bool four = trail >= '0' && trail <= '9' && at + 3 < bytes.size() &&
                    static_cast<Byte>(bytes[at + 2]) >= 0x81 && bytes[at + 3] >= '0' && bytes[at + 3] <= '9';
  if (four) return 4;
  return trail >= 0x40 && trail != 0x7F ? 2 : 1;
}

/// The end of a stretch of ISO-2022-JP that an escape opens: after the escape that leads back to ASCII. A
/// line end leads back too, as mail and old browsers have it.
std::size_t iso_2022_jp_end(std::string_view bytes, std::size_t at) {
  for (std::size_t i = at; i < bytes.size(); ++i) {
    if (bytes[i] == '\n' || bytes[i] == '\r') return i;
    const std::string_view escape = bytes.substr(i, 3);
    if (escape == "\x1b(B" || escape == "\x1b(J") return i + 3;
  }
  return bytes.size();
}

/// The end of the stretch of other characters at `at`; `at` itself where ASCII stands.
std::size_t other_end(std::string_view bytes, std::size_t at, Layout layout) {
  if (layout == Layout::iso_2022_jp && bytes[at] == '\x1b') {
    // Nothing but an escape sequence of the charset opens a stretch: a stray ESC is one character.
    const bool opens = at + 1 < bytes.size() && (bytes[at + 1] == '$' || bytes[at + 1] == '(');
    return opens ? iso_2022_jp_end(bytes, at) : at + 1;
  }
  if (static_cast<Byte>(bytes[at]) < 0x80) return at;
  switch (layout) {
    case Layout::shift_jis:
      return at + shift_jis_length(bytes, at);
    case Layout::double_byte:
      return at + double_byte_length(bytes, at);
    default:
      return at + 1;
  }
}

std::string shadow(std::string_view bytes, Layout layout) {
  std::string markup(bytes);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = other_end(bytes, at, layout);
    std::fill(markup.begin() + static_cast<std::ptrdiff_t>(at),
              markup.begin() + static_cast<std::ptrdiff_t>(end), PageText::kOther);
    at = std::max(end, at + 1);
  }
  return markup;
}

std::vector<std::size_t> line_starts(std::string_view bytes) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool crlf = bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n';
    if (bytes[i] == '\n' || (bytes[i] == '\r' && !crlf)) starts.push_back(i + 1);
  }
  return starts;
}

}  // namespace

PageText::PageText(std::string bytes, std::string_view charset)
    : bytes_(std::move(bytes)),
      charset_(charset),
      markup_(shadow(bytes_, layout_of(charset))),
      lines_(line_starts(bytes_)) {}

std::size_t PageText::run_end(std::size_t begin, std::size_t end) const {
  const bool other = markup_[begin] == kOther;
  std::size_t at = begin;
  while (at < end && (markup_[at] == kOther) == other) ++at;
  return at;
}

std::string PageText::utf8(std::size_t begin, std::size_t end, std::vector<std::size_t>* offsets) const {
  std::string text;
  for (std::size_t at = begin; at < end;) {
    const std::size_t stop = run_end(at, end);
    const std::string_view run = std::string_view(bytes_).substr(at, stop - at);
    const bool ascii = markup_[at] != kOther;
    const std::string added =
        ascii ? std::string(run) : mail::to_utf8(run, charset_).value_or("\xEF\xBF\xBD");
    if (offsets != nullptr) {
      for (std::size_t i = 0; i < added.size(); ++i) offsets->push_back(ascii ? at + i : at);
    }
    text += added;
    at = stop;
  }
  if (offsets != nullptr) offsets->push_back(end);
  return text;
}

std::optional<std::size_t> PageText::first_misfit() const {
  for (std::size_t at = 0; at < bytes_.size();) {
    const std::size_t stop = run_end(at, bytes_.size());
    const std::string_view run = std::string_view(bytes_).substr(at, stop - at);
    if (markup_[at] == kOther && !mail::to_utf8(run, charset_)) return at;
    at = stop;
  }
  return std::nullopt;
}

std::size_t PageText::line(std::size_t offset) const {
  return static_cast<std::size_t>(std::upper_bound(lines_.begin(), lines_.end(), offset) - lines_.begin());
}

}  // namespace formmail
