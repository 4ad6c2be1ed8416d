#include "mail/mime/inline_files.h"

#include <algorithm>
#include <optional>

#include "mail/mime/ascii.h"
#include "mail/mime/header_fields.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

namespace {

constexpr std::string_view kUuencode = "begin";
constexpr std::string_view kYenc = "=ybegin ";
constexpr std::string_view kBinHex = "(This file must be converted with BinHex";

std::string_view line_at(std::string_view text, std::size_t at) {
  return without_line_end(text.substr(at, next_line(text, at, text.size()) - at));
}

// "begin 644 name" or "begin-base64 644 name"; the mode may be odd, but there is one.
struct BeginLine {
  bool base64;
  std::string name;
};
std::optional<BeginLine> begin_line(std::string_view line) {
  if (!line.starts_with(kUuencode)) return {};
  line.remove_prefix(kUuencode.size());
  BeginLine result{line.starts_with("-base64"), {}};
  if (result.base64) line.remove_prefix(7);
  if (line.empty() || !is_blank(line.front())) return {};
  line = trim(line);
  const auto mode_end = std::find_if_not(line.begin(), line.end(), is_digit);
  const auto digits = static_cast<std::size_t>(mode_end - line.begin());
  if (digits < 3 || digits > 7) return {};
  line.remove_prefix(digits);
  if (!line.empty() && !is_blank(line.front())) return {};
  result.name = std::string(trim(line));
  return result;
}

// The line on which the file ends, given how such a line begins; the end of the text if none does.
std::size_t end_of_file(std::string_view text, std::size_t from, std::string_view last_line) {
  for (std::size_t at = from; at < text.size();) {
    const std::size_t next = next_line(text, at, text.size());
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
    const std::size_t next = next_line(text, at, text.size());
    const std::string_view line = without_line_end(text.substr(at, next - at));
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
    const std::size_t next = next_line(text, at, text.size());
    const std::string_view line = without_line_end(text.substr(at, next - at));
    at = next;
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

std::optional<InlineFile> file_at(std::string_view text, std::size_t at) {
  const std::string_view line = line_at(text, at);
  const std::size_t data = next_line(text, at, text.size());
  InlineFile file;
  if (line.starts_with(kYenc)) {
    const auto name = line.find("name=");
    if (name != std::string_view::npos) file.name = std::string(trim(line.substr(name + 5)));
    file.encoding = "yEnc";
    file.range = {at, end_of_file(text, data, "=yend ")};
    file.bytes = decode_yenc(text.substr(data, file.range.end - data));
    return file;
  }
  if (line.starts_with(kBinHex)) {
    file.encoding = "BinHex";
    // The data stands between two colons.
    const auto first = text.find(':', at);
    const auto last = first == std::string_view::npos ? first : text.find(':', first + 1);
    file.range = {at, last == std::string_view::npos ? text.size() : next_line(text, last, text.size())};
    file.bytes = std::string(file.range.of(text));
    return file;
  }
  const auto begin = begin_line(line);
  if (!begin) return {};
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

// The next line from `from` on that begins with one of the words; in one search for each.
class LineFinder {
 public:
  LineFinder(std::string_view text, std::string_view word) : text_(text), word_(word) { find(0); }

  std::size_t at(std::size_t from) {
    if (at_ < from) find(from);
    return at_;
  }

 private:
  void find(std::size_t from) {
    at_ = text_.find(word_, from);
    while (at_ != std::string_view::npos && at_ != 0 && text_[at_ - 1] != '\n' && text_[at_ - 1] != '\r') {
      at_ = text_.find(word_, at_ + 1);
    }
  }

  std::string_view text_;
  std::string_view word_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<InlineFile> find_inline_files(std::string_view text) {
  std::vector<InlineFile> files;
  LineFinder uuencode(text, kUuencode);
  LineFinder yenc(text, kYenc);
  LineFinder binhex(text, kBinHex);
  std::size_t at = 0;
  while (true) {
    const std::size_t found = std::min({uuencode.at(at), yenc.at(at), binhex.at(at)});
    if (found == std::string_view::npos) return files;
    at = next_line(text, found, text.size());
    if (auto file = file_at(text, found)) {
      at = std::max(at, file->range.end);
      files.push_back(std::move(*file));
    }
    if (at >= text.size()) return files;
  }
}

}  // namespace mail
