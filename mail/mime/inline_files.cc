#include "mail/mime/inline_files.h"

#include <algorithm>
#include <optional>

#include "mail/mime/ascii.h"
#include "mail/mime/binhex.h"
#include "mail/mime/header_fields.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

namespace {

constexpr std::string_view kUuencode = "begin";
constexpr std::string_view kYenc = "=ybegin ";
constexpr std::string_view kBinHex = ":";

// None of these formats has a CR in its data, so each of CR, LF and CRLF ends a line.
std::size_t after_line(std::string_view text, std::size_t at) {
  const auto end = text.find_first_of("\r\n", at);
  if (end == std::string_view::npos) return text.size();
  return text.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
}

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find_first_of("\r\n", at), text.size()) - at);
}

// Is it a full line of uuencode, to the character?
bool is_uuencode_line(std::string_view line) {
  if (line.size() < 5 || line.front() <= ' ' || line.front() >= '`') return false;
  const auto count = static_cast<std::size_t>(line.front() - ' ');
  return trim(line).size() == 1 + (count + 2) / 3 * 4 &&
         std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '`'; });
}

// "begin 644 name" or "begin-base64 644 name". Prose begins lines with this word, too: where no mode follows
// it, the next line must be data.
struct BeginLine {
  bool base64;
  std::string name;
};
std::optional<BeginLine> begin_line(std::string_view line, std::string_view next) {
  if (!same_word(line.substr(0, kUuencode.size()), kUuencode)) return {};
  line.remove_prefix(kUuencode.size());
  BeginLine result{line.starts_with("-base64"), {}};
  if (result.base64) line.remove_prefix(7);
  if (line.empty() || !is_blank(line.front())) return {};
  line = trim(line);
  const auto mode = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_blank) - line.begin());
  const bool octal = std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(mode), is_digit);
  if (!(octal && mode >= 3 && mode <= 7) && !is_uuencode_line(next)) return {};
  result.name = std::string(trim(line.substr(mode)));
  return result;
}

// The line on which the file ends, given how such a line begins; the end of the text if none does.
std::size_t end_of_file(std::string_view text, std::size_t from, std::string_view last_line) {
  for (std::size_t at = from; at < text.size();) {
    const std::size_t next = after_line(text, at);
    const std::string_view line = text.substr(at, next - at);
    if (line.starts_with(last_line) &&
        (last_line.back() == ' ' || trim(line.substr(last_line.size())).empty())) {
      return next;
    }
    at = next;
  }
  return text.size();
}

// Data lines only: an "end" that never comes must not make the whole rest of a message a file.
std::size_t end_of_uuencode(std::string_view text, std::size_t from) {
  const auto is_data = [](std::string_view line) {
    if (line.empty() || line.front() < ' ' || line.front() > '`') return false;
    const auto count = static_cast<std::size_t>((line.front() - ' ') & 0x3f);
    // Blanks cut off at the end, a check character behind: both are in use.
    return line.size() <= 1 + (count + 2) / 3 * 4 + 4 &&
           std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  };
  int odd = 0;
  constexpr int kMostOdd = 16;
  std::size_t at = from;
  while (at < text.size()) {
    const std::size_t next = after_line(text, at);
    const std::string_view line = line_at(text, at);
    if (line == "end" || (line.starts_with("end") && trim(line.substr(3)).empty())) return next;
    if (!is_data(line) && !line.empty() && ++odd > kMostOdd) return at;
    at = next;
  }
  return at;
}

std::string decode_yenc(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at = after_line(text, at);
    if (line.starts_with("=y")) continue;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '=' && i + 1 < line.size()) {
        bytes += static_cast<char>(static_cast<unsigned char>(line[++i]) - 64 - 42);
      } else {
        bytes += static_cast<char>(static_cast<unsigned char>(line[i]) - 42);
      }
    }
  }
  return bytes;
}

InlineFile yenc_file(std::string_view text, std::size_t at) {
  InlineFile file;
  const std::string_view line = line_at(text, at);
  const auto name = line.find("name=");
  if (name != std::string_view::npos) file.name = std::string(trim(line.substr(name + 5)));
  file.encoding = "yEnc";
  const std::size_t data = after_line(text, at);
  file.range = {at, end_of_file(text, data, "=yend ")};
  file.bytes = decode_yenc(text.substr(data, file.range.end - data));
  return file;
}

// The data stands between two colons.
std::optional<InlineFile> binhex_file(std::string_view text, std::size_t at) {
  if (!begins_binhex(line_at(text, at))) return {};
  const std::size_t last = std::min(text.find(':', at + 1), text.size());
  auto decoded = decode_binhex(text.substr(at + 1, last - at - 1));
  if (!decoded) return {};
  return InlineFile{
      {at, after_line(text, last)}, std::move(decoded->name), "BinHex", std::move(decoded->data)};
}

std::optional<InlineFile> uuencoded_file(std::string_view text, std::size_t at) {
  const std::size_t data = after_line(text, at);
  // Some put an empty line before the data.
  const std::size_t first = std::min(text.find_first_not_of("\r\n", data), text.size());
  const auto begin = begin_line(line_at(text, at), line_at(text, first));
  if (!begin) return {};
  InlineFile file;
  file.name = begin->name;
  file.encoding = "uuencode";
  if (begin->base64) {
    file.range = {at, end_of_file(text, data, "====")};
    file.bytes = decode_base64(text.substr(data, file.range.end - data));
  } else {
    file.range = {at, end_of_uuencode(text, data)};
    file.bytes = decode_uuencode(text.substr(data, file.range.end - data));
  }
  return file;
}

std::optional<InlineFile> file_at(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with(kYenc)) return yenc_file(text, at);
  if (text.substr(at).starts_with(kBinHex)) return binhex_file(text, at);
  return uuencoded_file(text, at);
}

// The next line from `from` on that begins with the word; in one search. The word's first letter may be a
// capital.
class LineFinder {
 public:
  LineFinder(std::string_view text, std::string_view word)
      : text_(text),
        first_(word.front()),
        sought_(word.size() > 1 ? word.substr(1) : word),
        skipped_(word.size() > 1) {
    find(0);
  }

  std::size_t at(std::size_t from) {
    if (at_ < from) find(from);
    return at_;
  }

 private:
  void find(std::size_t from) {
    for (at_ = text_.find(sought_, from + skipped_); at_ != std::string_view::npos;
         at_ = text_.find(sought_, at_ + 1)) {
      const std::size_t begin = at_ - skipped_;
      if (to_lower(text_[begin]) == first_ &&
          (begin == 0 || text_[begin - 1] == '\n' || text_[begin - 1] == '\r')) {
        at_ = begin;
        return;
      }
    }
  }

  std::string_view text_;
  char first_;
  std::string_view sought_;  // all of the word but its first letter, if it has more
  std::size_t skipped_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<InlineFile> find_inline_files(std::string_view text) {
  std::vector<InlineFile> files;
  LineFinder uuencode(text, kUuencode);
  LineFinder yenc(text, kYenc);
  LineFinder binhex(text, kBinHex);
  const auto next_beginning = [&](std::size_t at) {
    return std::min({uuencode.at(at), yenc.at(at), binhex.at(at)});
  };
  // What is left of it bounds the lines that are in more than one file; then each ends where the next begins.
  std::size_t overlap = 3 * text.size();
  for (std::size_t found = next_beginning(0); found != std::string_view::npos;) {
    const std::size_t next = next_beginning(found + 1);
    if (auto file = file_at(overlap == 0 ? text.substr(0, next) : text, found)) {
      overlap -= std::min(overlap, file->range.end - std::min(file->range.end, next));
      files.push_back(std::move(*file));
    }
    found = next;
  }
  return files;
}

}  // namespace mail
