#include "mail/mime/header_fields.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "mail/mime/ascii.h"

namespace mail {

namespace {

constexpr bool is_field_name_char(char c) { return c > ' ' && c < 0x7f && c != ':'; }

// Control characters that some readers take for blanks, some for line ends, some for the end of the text.
bool has_odd_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; });
}

HeaderField field_of_line(std::string_view source, std::size_t begin, std::size_t end) {
  HeaderField field;
  field.whole = {begin, end};
  const std::size_t colon = source.find(':', begin);
  std::size_t name_end = colon;
  while (name_end > begin && is_blank(source[name_end - 1])) --name_end;
  field.name = {begin, name_end};
  field.value = {colon + 1, colon + 1 + without_line_end(source.substr(colon + 1, end - colon - 1)).size()};
  return field;
}

void append_fold(HeaderField& field, std::string_view source, std::size_t begin, std::size_t end) {
  field.whole.end = end;
  field.value.end = begin + without_line_end(source.substr(begin, end - begin)).size();
}

void note(std::vector<std::string>& oddities, std::string_view what) {
  if (std::find(oddities.begin(), oddities.end(), what) == oddities.end()) oddities.emplace_back(what);
}

// A line that can only be meant as a header field, whatever stands before it.
bool is_usual_field(std::string_view source, std::size_t begin, std::size_t end) {
  constexpr std::array<std::string_view, 14> kUsual = {
      "received",    "from",         "to",       "subject", "date",   "message-id",     "mime-version",
      "return-path", "delivered-to", "reply-to", "cc",      "sender", "dkim-signature", "content-type"};
  const std::string_view line = source.substr(begin, next_line(source, begin, end) - begin);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = trim(line.substr(0, colon));
  return std::any_of(kUsual.begin(), kUsual.end(),
                     [&](std::string_view usual) { return same_word(name, usual); });
}

bool concerns_mime(std::string_view name) {
  return find_word(name, "content") != std::string_view::npos || same_word(name, "mime-version");
}

// Some readers look for it in any field; the word alone is in many a subject.
bool holds_boundary_parameter(std::string_view value) {
  for (auto at = find_word(value, "boundary"); at != std::string_view::npos;
       at = find_word(value, "boundary", at + 1)) {
    if (value.substr(at, kBoundaryParameterName).find('=') != std::string_view::npos) return true;
  }
  return false;
}

void note_field_oddities(HeaderBlock& block, std::string_view source) {
  for (const HeaderField& field : block.fields) {
    const std::string_view name = field.name.of(source);
    const std::string_view value = field.value.of(source);
    if (concerns_mime(name)) {
      if (source[field.name.end] != ':') note(block.oddities, "blank before a colon");
      if (std::any_of(value.begin(), value.end(), is_8bit)) note(block.oddities, "8-bit in a MIME field");
    }
    if (!same_word(name, "content-type") && holds_boundary_parameter(value)) {
      note(block.oddities, "boundary in another field");
    }
  }
}

}  // namespace

std::size_t next_line(std::string_view source, std::size_t begin, std::size_t end) {
  if (begin >= end) return end;
  const void* newline = std::memchr(source.data() + begin, '\n', end - begin);
  return newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - source.data()) + 1 : end;
}

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool begins_field(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && is_field_name_char(line[at])) ++at;
  if (at == 0) return false;
  while (at < line.size() && is_blank(line[at])) ++at;
  return at < line.size() && line[at] == ':';
}

HeaderBlock read_header(std::string_view source, std::size_t begin, std::size_t end,
                        const std::function<bool(std::size_t line)>& is_boundary) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  HeaderBlock block;
  block.range = {begin, begin};
  std::size_t folds = 0;
  std::size_t at = begin;
  while (at < end) {
    const std::size_t next = next_line(source, at, end);
    const std::string_view line = without_line_end(source.substr(at, next - at));
    if (line.empty()) {
      block.empty_line = true;
      break;
    }
    if (is_boundary && line.starts_with("--") && is_boundary(at)) {
      note(block.oddities, "no empty line after the header");
      break;
    }
    if (has_odd_control(line)) note(block.oddities, "control character in the header");
    if (is_blank(line.front()) && !block.fields.empty()) {
      append_fold(block.fields.back(), source, at, next);
      block.folds = std::max(block.folds, ++folds);
      if (trim(line).empty()) note(block.oddities, "line of blanks in the header");
    } else if (begins_field(line)) {
      block.fields.push_back(field_of_line(source, at, next));
      folds = 0;
    } else if (at == begin && (line.starts_with("From ") || line.starts_with(">From "))) {
      // Left by a mailbox that was sent as it was. Readers pass over it only where it comes first, and not
      // all do.
      note(block.oddities, "mbox line");
    } else if (at == begin && line.starts_with(kByteOrderMark) &&
               is_usual_field(source, at + kByteOrderMark.size(), end)) {
      // An editor's; some readers pass over it, to others the field has a name of its own.
      note(block.oddities, "byte order mark before the header");
      block.fields.push_back(field_of_line(source, at + kByteOrderMark.size(), next));
    } else if (at == begin && is_usual_field(source, next, end)) {
      note(block.oddities, "odd line before the header");
    } else {
      note(block.oddities, at == begin ? "no header" : "no empty line after the header");
      break;
    }
    at = next;
  }
  block.range.end = at;
  block.body = block.empty_line ? next_line(source, at, end) : at;
  for (const HeaderField& field : block.fields) block.longest = std::max(block.longest, field.whole.size());
  note_field_oddities(block, source);
  return block;
}

std::vector<const HeaderField*> HeaderBlock::named(std::string_view source, std::string_view name) const {
  std::vector<const HeaderField*> found;
  for (const HeaderField& field : fields) {
    if (same_word(field.name.of(source), name)) found.push_back(&field);
  }
  return found;
}

std::string unfold(std::string_view value) {
  std::string line;
  line.reserve(value.size());
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] == '\r' || value[at] == '\n') {
      while (at + 1 < value.size() && is_line_space(value[at + 1])) ++at;
      line += ' ';
    } else {
      line += value[at];
    }
  }
  return std::string(trim(line));
}

}  // namespace mail
