#include "scanner/treatment/message_editor.h"

#include <algorithm>

#include "mail/mime/ascii.h"
#include "scanner/treatment/field_edit.h"
#include "scanner/treatment/text_edit.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;
using mail::Splice;

bool seals(std::string_view type) { return type == "multipart/signed" || type == "multipart/encrypted"; }

// PGP in the text itself (RFC 4880, 6.2): a line in front would be outside of what was signed, but programs
// that show the state of the signature for the whole part would show the notice as signed.
bool is_inline_pgp(const MimeMap& map, const MimePart& part) {
  constexpr std::string_view kBegin = "-----BEGIN PGP ";
  const std::string text = map.decoded_body(part);
  const auto at = text.find(kBegin);
  if (at == std::string::npos || (at > 0 && text[at - 1] != '\n')) return false;
  const std::string_view what = std::string_view(text).substr(at + kBegin.size());
  return what.starts_with("SIGNED") || what.starts_with("MESSAGE");
}

std::string_view text_fields() { return "Content-Type: text/plain; charset=\"utf-8\""; }

}  // namespace

MessageEditor::MessageEditor(const MimeMap& map)
    : map_(map), line_end_(mail::line_end_of(map.source(0))), splices_(map.source_count()) {}

void MessageEditor::remove_part(std::size_t part) {
  if (!removed_.insert(part).second) return;
  // An emptied multipart gets its text where its first part was.
  const std::size_t parent = map_.part(part).parent;
  if (parent == MimePart::kNone || !map_.part(parent).is_multipart()) {
    placeholders_.insert(part);
  } else if (++removed_children_[parent] == map_.part(parent).children.size()) {
    placeholders_.insert(map_.part(parent).children.front());
  }
}

void MessageEditor::remove_bytes(std::size_t source, mail::ByteRange range) {
  splices_[source].push_back({range, ""});
}

bool MessageEditor::is_removed(std::size_t part) const {
  for (; part != MimePart::kNone; part = map_.part(part).parent) {
    if (removed_.contains(part)) return true;
  }
  return false;
}

// RFC 2387, 3.2: the part that the parameter start names, else the first.
std::size_t MessageEditor::root_of_related(const MimePart& related) const {
  const auto start = related.content_type.parameter("start");
  if (!start) return related.children.front();
  const auto root = std::find_if(related.children.begin(), related.children.end(), [&](std::size_t child) {
    const MimePart& part = map_.part(child);
    const std::string_view source = map_.source(part.source);
    const auto ids = part.header.named(source, "content-id");
    return !ids.empty() && mail::trim(ids.front()->value.of(source)) == mail::trim(start->bytes);
  });
  return root == related.children.end() ? related.children.front() : *root;
}

void MessageEditor::find_texts(std::size_t index, bool sealed, std::vector<Text>& texts) const {
  if (placeholders_.contains(index)) {
    texts.push_back({index, false, sealed});
    return;
  }
  const MimePart& part = map_.part(index);
  if (removed_.contains(index) || part.is_attachment() || part.is_message()) return;
  const std::string_view type = part.content_type.word;
  // What is not the root of a related is shown only where the root calls for it.
  const bool related = type == "multipart/related" && !part.is_leaf();
  const std::size_t root = related ? root_of_related(part) : MimePart::kNone;
  for (const std::size_t child : part.children) {
    if (!related || child == root || placeholders_.contains(child))
      find_texts(child, sealed || seals(type), texts);
  }
  if (!part.is_leaf()) return;
  if (type == "text/plain" || type == "text/html") {
    texts.push_back({index, type == "text/html", sealed || is_inline_pgp(map_, part)});
  }
}

void MessageEditor::put_notice(std::size_t top, const std::string& notice) {
  std::vector<Text> texts;
  find_texts(top, false, texts);
  if (texts.empty() || texts.front().is_sealed || !write_into_texts(texts, notice)) {
    add_part_in_front(top, notice);
  }
}

// Into the first plain text and the first HTML; into none if one of them can't take it.
bool MessageEditor::write_into_texts(const std::vector<Text>& texts, const std::string& notice) {
  std::vector<std::pair<std::size_t, std::vector<Splice>>> edits;
  std::vector<std::size_t> placeholders;
  for (const bool html : {false, true}) {
    const auto text = std::find_if(texts.begin(), texts.end(),
                                   [&](const Text& t) { return t.is_html == html && !t.is_sealed; });
    if (text == texts.end()) continue;
    if (placeholders_.contains(text->part)) {
      placeholders.push_back(text->part);
      continue;
    }
    const MimePart& part = map_.part(text->part);
    auto edit = scanner::put_notice(map_, part, notice, line_end_);
    if (!edit) return false;
    edits.emplace_back(part.source, std::move(*edit));
  }
  for (auto& [source, edit] : edits) {
    for (Splice& splice : edit) splices_[source].push_back(std::move(splice));
  }
  for (const std::size_t part : placeholders) placeholder_texts_.emplace_back(part, notice);
  return true;
}

// The two header lines, the empty line and the text of a new part.
std::string MessageEditor::text_part(const std::string& text) const {
  std::string part(text_fields());
  part += line_end_ + "Content-Transfer-Encoding: quoted-printable" + line_end_ + line_end_;
  std::string lines;
  for (const char c : text) c == '\n' ? lines += line_end_ : lines += c;
  return part + mail::encode_quoted_printable(lines, line_end_, "utf-8");
}

void MessageEditor::add_part_in_front(std::size_t top, const std::string& notice) {
  const MimePart& part = map_.part(top);
  if (part.content_type.word != "multipart/mixed" || part.children.empty()) {
    wrap(top, notice);
    return;
  }
  const MimePart& first = map_.part(part.children.front());
  const std::string_view source = map_.source(first.source);
  const std::size_t header = first.header.range.begin;
  // The boundary line as it stands there.
  std::string lines(source.substr(first.slot.begin, header - first.slot.begin));
  lines += text_part(notice);
  // The line end of the notice's last line is its own; this one belongs to the boundary.
  lines += line_end_;
  splices_[first.source].push_back({{first.slot.begin, first.slot.begin}, std::move(lines)});
}

// Makes the mail a multipart/mixed of the notice and what it was.
void MessageEditor::wrap(std::size_t top, const std::string& notice) {
  const MimePart& part = map_.part(top);
  const std::string_view source = map_.source(part.source);
  const std::string boundary = new_boundary();
  FieldEdit fields(map_, part, line_end_);
  fields.drop_content_fields();
  if (part.header.named(source, "mime-version").empty()) fields.add("MIME-Version: 1.0");
  fields.add("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"");
  for (Splice& splice : fields.take()) splices_[part.source].push_back(std::move(splice));

  std::string front =
      "--" + boundary + line_end_ + text_part(notice) + line_end_ + "--" + boundary + line_end_;
  std::string moved = content_fields(map_, part);
  if (!moved.empty() && moved.back() != '\n') moved += line_end_;
  front += moved + line_end_;
  std::string back = line_end_ + "--" + boundary + "--";
  if (part.body.end == source.size()) back += line_end_;
  splices_[part.source].push_back({{part.body.begin, part.body.begin}, std::move(front)});
  splices_[part.source].push_back({{part.body.end, part.body.end}, std::move(back)});
}

std::string MessageEditor::new_boundary() const {
  for (std::size_t number = map_.source(0).size();; ++number) {
    std::string boundary = "=_sekisho_" + std::to_string(number) + "_=";
    bool taken = false;
    for (std::size_t i = 0; i < map_.source_count() && !taken; ++i) {
      taken = map_.source(i).find(boundary) != std::string_view::npos;
    }
    if (!taken) return boundary;
  }
}

// The part becomes a plain text; its place, and what else its header says, stay.
void MessageEditor::replace_with_text(std::size_t index, const std::string& text) {
  const MimePart& part = map_.part(index);
  std::vector<Splice>& splices = splices_[part.source];
  const std::string lines = text_part(text);
  const std::string body = lines.substr(lines.find(line_end_ + line_end_) + 2 * line_end_.size());
  const std::string_view source = map_.source(part.source);
  FieldEdit fields(map_, part, line_end_);
  fields.drop_content_fields();
  const bool in_multipart = part.parent != MimePart::kNone && map_.part(part.parent).is_multipart();
  if (!in_multipart && part.header.named(source, "mime-version").empty()) fields.add("MIME-Version: 1.0");
  fields.add(text_fields());
  fields.add("Content-Transfer-Encoding: quoted-printable");
  for (Splice& splice : fields.take()) splices.push_back(std::move(splice));
  splices.push_back({part.body, body});
}

void MessageEditor::take_out_removed() {
  for (const std::size_t index : removed_) {
    const MimePart& part = map_.part(index);
    if (placeholders_.contains(index)) {
      const auto text = std::find_if(placeholder_texts_.begin(), placeholder_texts_.end(),
                                     [&](const auto& entry) { return entry.first == index; });
      replace_with_text(index, text == placeholder_texts_.end() ? "" : text->second);
    } else if (part.parent == MimePart::kNone || !is_removed(part.parent)) {
      splices_[part.source].push_back({part.slot, ""});
    }
  }
}

// The body in the part's own transfer encoding.
void MessageEditor::replace_body(std::size_t index, const std::string& decoded) {
  const MimePart& part = map_.part(index);
  const bool quoted = part.encoding == mail::TransferEncoding::quoted_printable;
  std::string encoded = quoted ? mail::encode_quoted_printable(decoded, line_end_, "")
                               : mail::encode_base64(decoded, line_end_);
  if (part.encoding == mail::TransferEncoding::uuencode) {
    FieldEdit fields(map_, part, line_end_);
    fields.set_encoding("base64");
    for (Splice& splice : fields.take()) splices_[part.source].push_back(std::move(splice));
  }
  if (encoded.ends_with(line_end_) && !map_.body(part).ends_with('\n')) {
    encoded.resize(encoded.size() - line_end_.size());
  }
  splices_[part.source].push_back({part.body, std::move(encoded)});
}

std::string MessageEditor::finish() {
  take_out_removed();
  for (auto& [part, splices] : decoded_splices_) {
    if (!is_removed(part))
      replace_body(part, mail::apply(map_.decoded_body(map_.part(part)), std::move(splices)));
  }
  // A decoded source stands behind the one that it came from: from the last to the first, each goes into its
  // owner's body.
  for (std::size_t source = map_.source_count() - 1; source > 0; --source) {
    if (splices_[source].empty()) continue;
    replace_body(map_.owner(source), mail::apply(map_.source(source), std::move(splices_[source])));
  }
  return mail::apply(map_.source(0), std::move(splices_[0]));
}

}  // namespace scanner
