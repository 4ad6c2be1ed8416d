#include "mail/mime/readings/inline_files.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "mail/mime/ascii.h"
#include "mail/mime/quoted_lines.h"
#include "mail/mime/readings/binhex.h"
#include "mail/mime/readings/yenc.h"
#include "mail/mime/transfer_encoding.h"
#include "mail/mime/uuencode.h"

namespace mail {

namespace {

constexpr std::string_view kUuencode = "begin";
constexpr std::string_view kArmor = "-----BEGIN ";
constexpr std::string_view kArmorEnd = "-----END ";

// What mail programs put in front of lines that they quote, and what stands unseen at the start of a text.
bool is_quotation(char c) {
  return is_blank(c) || c == '>' || c == '|' || c == '\v' || c == '\f' || c == '\0' || c == '\xef' ||
         c == '\xbb' || c == '\xbf';
}

std::string_view quotation_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 16;
  const std::string_view line = text.substr(at, kLongest);
  const auto* const end = std::find_if_not(line.begin(), line.end(), is_quotation);
  return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

// "begin 644 name" or "begin-base64 644 name". Prose begins lines with this word, too: where no mode follows
// it, the next line must be data.
struct BeginLine {
  bool base64;
  std::string name;
};
std::optional<BeginLine> begin_line(std::string_view line, QuotedLines next) {
  if (!same_word(line.substr(0, kUuencode.size()), kUuencode)) return {};
  line.remove_prefix(kUuencode.size());
  BeginLine result{line.starts_with("-base64"), {}};
  if (result.base64) line.remove_prefix(line.starts_with("-base64-encoded") ? 15 : 7);
  if (line.empty() || !is_blank(line.front())) return {};
  line = trim(line);
  const auto mode = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_blank) - line.begin());
  const bool octal = std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(mode), is_digit);
  while (!next.at_end() && next.content().empty()) next.advance();
  if (!(octal && mode >= 3 && mode <= 7) && (next.at_end() || !is_uuencode(trim(next.content())))) return {};
  result.name = std::string(trim(line.substr(mode)));
  return result;
}

class FileReader {
 public:
  FileReader(std::string_view text, std::size_t at, std::vector<InlineFile>& files)
      : text_(text),
        at_(at),
        quotation_(quotation_at(text, at)),
        lines_(text, at, quotation_),
        files_(files) {}

  /// Where the file ends that begins on this line; its beginning if none does.
  std::size_t read() {
    first_ = lines_.content();
    lines_.advance();
    if (begins_yenc(first_)) return read_yenc();
    if (first_.starts_with(':')) return read_binhex();
    if (first_.starts_with(kArmor)) return read_armor();
    return read_uuencoded();
  }

 private:
  std::size_t take(std::string encoding, std::string name, std::string bytes, std::size_t end) {
    files_.push_back({{at_, end}, std::move(name), std::move(encoding), std::move(bytes)});
    return end;
  }

  std::size_t read_yenc() {
    YencData data = mail::read_yenc(lines_);
    return take("yEnc", yenc_name(first_), std::move(data.bytes), data.end);
  }

  // The data stands between two colons.
  std::size_t read_binhex() {
    if (!begins_binhex(first_)) return at_;
    std::string data(first_.substr(1));
    std::size_t end = lines_.begin();
    for (; data.find(':') == std::string::npos && !lines_.at_end(); lines_.advance()) {
      data += lines_.content();
      end = lines_.next();
    }
    auto decoded = decode_binhex(std::string_view(data).substr(0, data.find(':')));
    return decoded ? take("BinHex", std::move(decoded->name), std::move(decoded->data), end) : at_;
  }

  // Fields and an empty line may stand before the data, a checksum after it.
  std::size_t read_armor() {
    std::string data;
    std::size_t end = lines_.begin();
    for (; !lines_.at_end(); lines_.advance()) {
      const std::string_view line = lines_.content();
      end = lines_.next();
      if (line.starts_with(kArmorEnd)) break;
      if (line.starts_with('=') || line.find(": ") != std::string_view::npos) continue;
      data += line;
    }
    return take("armor", "", decode_base64(data), end);
  }

  std::size_t read_uuencoded() {
    const auto begin = begin_line(first_, lines_);
    const bool headless = !begin && is_uuencode(first_);
    if (!begin && !headless) return at_;
    if (begin && begin->base64) return read_begin_base64(begin->name);
    const std::string name = headless ? "" : begin->name;
    UuencodedData data = read_uuencode(headless ? QuotedLines(text_, at_, quotation_) : lines_);
    if (!data.strict_bytes.empty())
      take("uuencode, whole lines", name, std::move(data.strict_bytes), data.end);
    return take("uuencode", name, std::move(data.bytes), data.end);
  }

  std::size_t read_begin_base64(const std::string& name) {
    std::string data;
    std::size_t end = lines_.begin();
    for (; !lines_.at_end(); lines_.advance()) {
      end = lines_.next();
      if (trim(lines_.content()) == "====") break;
      data += lines_.content();
    }
    return take("uuencode", name, decode_base64(data), end);
  }

  std::string_view text_;
  std::size_t at_;
  std::string_view quotation_;
  QuotedLines lines_;
  std::string_view first_;
  std::vector<InlineFile>& files_;
};

// Goes through a text's lines once.
class Beginnings {
 public:
  explicit Beginnings(std::string_view text) : text_(text) {}

  /// The next line from `from` on, where a line begins, that may begin a file; npos if none does. Data
  /// without its "begin" counts from `headless_from` on only: before it, it belongs to a file.
  std::size_t next(std::size_t from, std::size_t headless_from) const {
    for (std::size_t line = from; line < text_.size(); line = after(line)) {
      if (may_begin(line, line >= headless_from)) return line;
    }
    return std::string_view::npos;
  }

  std::size_t after(std::size_t line) const {
    // One search for many lines: where CRs alone end them, the next LF may be far.
    if (line < searched_from_ || line > newline_) {
      searched_from_ = line;
      newline_ = std::min(text_.find('\n', line), text_.size() - 1);
    }
    const std::size_t size = newline_ + 1 - line;
    const void* const cr = std::memchr(text_.data() + line, '\r', size);
    return cr == nullptr ? line + size
                         : static_cast<std::size_t>(static_cast<const char*>(cr) - text_.data()) + 1;
  }

 private:
  bool may_begin(std::size_t line, bool headless) const {
    char c = text_[line];
    if (is_quotation(c)) {
      line += quotation_at(text_, line).size();
      if (line == text_.size()) return false;
      c = text_[line];
    }
    const std::string_view rest = text_.substr(line);
    switch (c) {
      case 'b':
      case 'B':
        return same_word(rest.substr(0, kUuencode.size()), kUuencode);
      case '=':
        return begins_yenc(rest);
      case '-':
        return begins_armor(rest);
      case ':':
        return true;
      case 'M':
        return headless && is_full_uuencode(rest);
      default:
        return false;
    }
  }

  // Not what holds keys, certificates or signatures alone.
  static bool begins_armor(std::string_view rest) {
    if (!rest.starts_with(kArmor)) return false;
    rest.remove_prefix(kArmor.size());
    return rest.starts_with("PGP MESSAGE") || rest.starts_with("PKCS7-") || rest.starts_with("PKCS #7") ||
           rest.starts_with("CMS-");
  }

  // A line of 45 bytes.
  static bool is_full_uuencode(std::string_view rest) {
    constexpr std::size_t kSize = 61;
    return is_uuencode(rest.substr(0, kSize)) && (rest.size() == kSize || is_line_space(rest[kSize]));
  }

  std::string_view text_;
  mutable std::size_t searched_from_ = 1;
  mutable std::size_t newline_ = 0;  // the first one from there on
};

}  // namespace

std::vector<InlineFile> find_inline_files(std::string_view text) {
  std::vector<InlineFile> files;
  const Beginnings beginnings(text);
  // What is left of it bounds the lines that are in more than one file; then each ends where the next begins.
  std::size_t overlap = 3 * text.size();
  std::size_t covered = 0;
  for (std::size_t found = beginnings.next(0, 0); found != std::string_view::npos;) {
    const std::size_t after = beginnings.after(found);
    std::size_t limit = text.size();
    if (overlap == 0) limit = std::min(beginnings.next(after, text.size()), limit);
    const std::size_t end = FileReader(text.substr(0, limit), found, files).read();
    covered = std::max(covered, end);
    found = beginnings.next(after, covered);
    overlap -= std::min(overlap, end - std::min(end, found));
  }
  join_yenc_parts(text, files);
  return files;
}

}  // namespace mail
