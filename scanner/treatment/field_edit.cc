#include "scanner/treatment/field_edit.h"

#include <algorithm>

#include "mail/mime/ascii.h"

namespace scanner {

namespace {

using mail::ByteRange;
using mail::HeaderField;
using mail::RawParameter;

bool is_content_field(std::string_view name) { return mail::to_lower(name.substr(0, 8)) == "content-"; }

bool names_charset(const RawParameter& parameter) {
  return parameter.name == "charset" || parameter.name.starts_with("charset*");
}

}  // namespace

FieldEdit::FieldEdit(const mail::MimeMap& map, const mail::MimePart& part, std::string_view line_end)
    : map_(map), part_(part), line_end_(line_end) {}

// A message of its own, not a part of a multipart: it needs MIME-Version.
bool FieldEdit::is_mail() const {
  return part_.parent == mail::MimePart::kNone || map_.part(part_.parent).is_message();
}

void FieldEdit::set_charset(std::string_view charset) {
  const std::string_view source = map_.source(part_.source);
  const auto types = part_.header.named(source, "content-type");
  if (types.empty()) {
    if (is_mail() && part_.header.named(source, "mime-version").empty()) add("MIME-Version: 1.0");
    add("Content-Type: text/plain; charset=" + std::string(charset));
    return;
  }
  const ByteRange value = types.front()->value;
  bool set = false;
  for (const RawParameter& parameter : part_.content_type.parameters) {
    if (!names_charset(parameter)) continue;
    const std::size_t begin = value.begin + parameter.range.begin;
    const std::size_t end = value.begin + parameter.range.end;
    if (!set && parameter.name == "charset") {
      splices_.push_back({{begin, end}, "\"" + std::string(charset) + "\""});
      set = true;
    } else {
      // An RFC 2231 piece: another name makes it nobody's.
      const std::size_t name_at = source.rfind('=', begin);
      if (name_at != std::string_view::npos && name_at > value.begin) {
        splices_.push_back({{name_at, end}, "-was=\"\""});
      }
    }
  }
  if (set) return;
  if (part_.content_type.word.empty() || part_.content_type.parameters.empty()) {
    // Rewritten whole: it may be a bare "text", or empty.
    splices_.push_back({value, " " + part_.content_type.word + "; charset=\"" + std::string(charset) + "\""});
    return;
  }
  std::size_t end = value.end;
  while (end > value.begin && (mail::is_line_space(source[end - 1]) || source[end - 1] == ';')) --end;
  splices_.push_back({{end, value.end}, ";" + line_end_ + "\tcharset=\"" + std::string(charset) + "\""});
}

void FieldEdit::set_encoding(std::string_view encoding) {
  const auto fields = part_.header.named(map_.source(part_.source), "content-transfer-encoding");
  if (fields.empty()) {
    add("Content-Transfer-Encoding: " + std::string(encoding));
    return;
  }
  splices_.push_back({fields.front()->value, " " + std::string(encoding)});
  for (std::size_t i = 1; i < fields.size(); ++i) splices_.push_back({fields[i]->whole, ""});
}

void FieldEdit::drop_content_fields() {
  const std::string_view source = map_.source(part_.source);
  for (const HeaderField& field : part_.header.fields) {
    if (is_content_field(field.name.of(source))) splices_.push_back({field.whole, ""});
  }
}

void FieldEdit::add(std::string_view line) {
  added_ += line;
  added_ += line_end_;
}

std::vector<mail::Splice> FieldEdit::take() {
  std::string lines;
  const std::size_t end = part_.header.range.end;
  const std::string_view source = map_.source(part_.source);
  if (!added_.empty() && end > part_.header.range.begin && source[end - 1] != '\n') lines += line_end_;
  lines += added_;
  if (!part_.header.empty_line) lines += line_end_;
  if (!lines.empty()) splices_.push_back({{end, end}, lines});
  added_.clear();
  return std::move(splices_);
}

std::string content_fields(const mail::MimeMap& map, const mail::MimePart& part) {
  const std::string_view source = map.source(part.source);
  std::string lines;
  for (const HeaderField& field : part.header.fields) {
    if (is_content_field(field.name.of(source))) lines += field.whole.of(source);
  }
  return lines;
}

}  // namespace scanner
