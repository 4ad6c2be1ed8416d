#include "mail/mime/map_builder.h"

#include <algorithm>
#include <cstring>

#include "mail/mime/ascii.h"

namespace mail {

namespace {

std::vector<std::size_t> lines_with_dashes(std::string_view text) {
  std::vector<std::size_t> lines;
  if (text.starts_with("--")) lines.push_back(0);
  for (std::size_t at = text.find("\n--"); at != std::string_view::npos; at = text.find("\n--", at + 1)) {
    lines.push_back(at + 1);
  }
  return lines;
}

// The line end before a boundary line belongs to the boundary (RFC 2046, 5.1.1).
std::size_t before_line_end(std::string_view text, std::size_t begin, std::size_t end) {
  if (end > begin && text[end - 1] == '\n') --end;
  if (end > begin && text[end - 1] == '\r') --end;
  return end;
}

bool is_boundary_char(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool is_plain_boundary(std::string_view boundary) {
  constexpr std::size_t kLongest = 70;
  return !boundary.empty() && boundary.size() <= kLongest && boundary.back() != ' ' &&
         std::all_of(boundary.begin(), boundary.end(), is_boundary_char);
}

// Could some reader take more from an odd Content-Type than a leaf's type?
bool tells_structure(const MimePart& part) {
  if (!part.content_type.strict &&
      (!part.content_type.word_strict || part.is_multipart() || part.is_message()))
    return true;
  if (part.is_multipart()) return false;
  return std::any_of(part.content_type.parameters.begin(), part.content_type.parameters.end(),
                     [](const RawParameter& parameter) {
                       return find_word(parameter.name, "boundary") != std::string_view::npos ||
                              find_word(parameter.value, "boundary") != std::string_view::npos;
                     });
}

std::string boundary_of(const MimePart& part) {
  if (!part.is_multipart()) return {};
  const auto parameter = part.content_type.parameter("boundary");
  if (!parameter) return {};
  std::string boundary = parameter->bytes;
  while (!boundary.empty() && is_line_space(boundary.back())) boundary.pop_back();
  return boundary;
}

}  // namespace

void MapBuilder::note(std::string_view oddity) {
  auto& oddities = map_.oddities_;
  if (std::find(oddities.begin(), oddities.end(), oddity) == oddities.end()) oddities.emplace_back(oddity);
}

void MapBuilder::reached(std::string_view limit) {
  auto& limits = map_.limits_reached_;
  if (std::find(limits.begin(), limits.end(), limit) == limits.end()) limits.emplace_back(limit);
}

void MapBuilder::build(std::string_view message) {
  map_.sources_.push_back({message, MimePart::kNone});
  map_source(0, MimePart::kNone);
  // An encoded container may hold another: the list grows while it is worked off.
  for (std::size_t i = 0; i < encoded_containers_.size(); ++i) {
    if (i == limits_.decoded_containers) {
      reached("containers");
      break;
    }
    map_decoded(encoded_containers_[i]);
  }
  for (const MimePart& part : map_.parts_) check_part(part);
}

// Maps source `source`, which is the decoded body of `parent`, or the message.
void MapBuilder::map_source(std::size_t source, std::size_t parent) {
  source_ = source;
  text_ = map_.sources_[source].text;
  dash_lines_ = lines_with_dashes(text_);
  stack_.clear();
  boundaries_.clear();
  if (parent != MimePart::kNone && map_.parts_[parent].is_multipart()) {
    push_multipart(parent, boundary_of(map_.parts_[parent]));
  } else {
    open_entity(0, parent, 0);
  }
  for (const std::size_t line : dash_lines_) take_line(line);
  while (!stack_.empty()) close_top(text_.size());
}

void MapBuilder::map_decoded(std::size_t index) {
  const MimePart& part = map_.parts_[index];
  map_.decoded_.push_back(map_.decoded_body(part));
  map_.sources_.push_back({map_.decoded_.back(), index});
  map_source(map_.sources_.size() - 1, index);
}

std::string_view MapBuilder::token_at(std::size_t line) const {
  std::string_view token = text_.substr(line + 2, next_line(text_, line, text_.size()) - line - 2);
  while (!token.empty() && is_line_space(token.back())) token.remove_suffix(1);
  return token;
}

const MapBuilder::Delimiter* MapBuilder::delimiter_at(std::size_t line, Delimiter& found) {
  const std::string_view token = token_at(line);
  const auto level_of = [&](std::string_view boundary) {
    const auto entry = boundaries_.find(std::string(boundary));
    return entry == boundaries_.end() || entry->second.empty() ? MimePart::kNone : entry->second.back();
  };
  found = {level_of(token), false};
  if (found.level != MimePart::kNone) return &found;
  if (token.ends_with("--")) {
    found = {level_of(token.substr(0, token.size() - 2)), true};
    if (found.level != MimePart::kNone) return &found;
  }
  check_unmatched(token);
  return nullptr;
}

// A longer line that begins like a boundary is one to readers that compare only so far.
void MapBuilder::check_unmatched(std::string_view token) {
  constexpr std::size_t kCompared = 20;
  std::size_t compared = 0;
  for (auto open = stack_.rbegin(); open != stack_.rend() && compared < kCompared; ++open) {
    if (open->boundary.empty()) continue;
    ++compared;
    if (token.starts_with(open->boundary))
      note(open->closed ? "boundary after its end" : "boundary with a tail");
  }
  if (compared == kCompared) note("deep nesting");
}

void MapBuilder::take_line(std::size_t line) {
  // A line inside a header block that was read as one is no boundary: such a block ends before boundaries.
  if (!stack_.empty() && line < map_.parts_[stack_.back().part].body.begin &&
      map_.parts_[stack_.back().part].source == source_) {
    return;
  }
  Delimiter found{};
  if (!delimiter_at(line, found)) return;
  const std::size_t end = line;
  close_down_to(found.level, end);
  if (stack_[found.level].closed) {
    note("boundary after its end");
    if (found.closing) return;
  }
  if (found.closing) {
    stack_[found.level].closed = true;
    const std::size_t after = next_line(text_, line, text_.size());
    const std::size_t text_end = text_.find_first_not_of(" \t\r\n", after);
    if (text_end != std::string_view::npos && !text_.substr(text_end).starts_with("--"))
      note("text after the last part");
    return;
  }
  open_next_child(line);
}

void MapBuilder::open_next_child(std::size_t line) {
  if (map_.parts_.size() >= limits_.parts) {
    reached("parts");
    return;
  }
  open_entity(next_line(text_, line, text_.size()), stack_.back().part, line);
}

HeaderBlock MapBuilder::read_block(std::size_t at) {
  return read_header(text_, at, text_.size(), [this](std::size_t line) {
    Delimiter found{};
    return delimiter_at(line, found) != nullptr;
  });
}

void MapBuilder::open_entity(std::size_t at, std::size_t parent, std::size_t slot_begin) {
  const std::size_t index = map_.parts_.size();
  MimePart part;
  part.parent = parent;
  part.source = source_;
  part.slot = {slot_begin, text_.size()};
  part.header = read_block(at);
  part.body = {part.header.body, text_.size()};
  const bool in_digest =
      parent != MimePart::kNone && map_.parts_[parent].content_type.word == "multipart/digest";
  read_fields(part, in_digest);
  map_.parts_.push_back(std::move(part));
  if (parent != MimePart::kNone) map_.parts_[parent].children.push_back(index);
  name_part(index);
  if (!descend(index)) stack_.push_back({index, {}, false});
}

void MapBuilder::read_fields(MimePart& part, bool in_digest) {
  const auto types = part.header.named(text_, "content-type");
  part.typed = !types.empty();
  if (part.typed) part.content_type = parse_parameters(types.front()->value.of(text_));
  auto& word = part.content_type.word;
  if (word == "multipart" || word == "multipart/") {
    word = "multipart/mixed";
    part.content_type.strict = part.content_type.word_strict = false;
  } else if (std::count(word.begin(), word.end(), '/') != 1) {
    word = in_digest && !part.typed ? "message/rfc822" : "text/plain";
    if (part.typed) part.content_type.strict = part.content_type.word_strict = false;
  }
  const auto dispositions = part.header.named(text_, "content-disposition");
  if (!dispositions.empty()) part.disposition = parse_parameters(dispositions.front()->value.of(text_));
  const auto encodings = part.header.named(text_, "content-transfer-encoding");
  if (!encodings.empty()) {
    const NamedEncoding named = transfer_encoding_of(encodings.front()->value.of(text_));
    part.encoding = named.encoding;
    if (!named.known) note("transfer encoding of an odd name");
  }
  if (types.size() > 1) note("two Content-Type fields");
  if (encodings.size() > 1) note("two Content-Transfer-Encoding fields");
  if (dispositions.size() > 1) note("two Content-Disposition fields");
  if (part.header.longest > limits_.header_bytes || part.header.folds > limits_.header_folds)
    reached("header");
}

void MapBuilder::name_part(std::size_t index) {
  MimePart& part = map_.parts_[index];
  if (part.parent == MimePart::kNone) return;
  const MimePart& parent = map_.parts_[part.parent];
  if (parent.is_multipart()) {
    part.path = (parent.path.empty() ? "" : parent.path + ".") + std::to_string(parent.children.size());
  } else {
    // Of a message in a message only the parts have numbers.
    part.path = part.is_multipart() ? parent.path : (parent.path.empty() ? "" : parent.path + ".") + "1";
  }
}

// Opens what the new part contains. False: it is a leaf.
bool MapBuilder::descend(std::size_t index) {
  const MimePart& part = map_.parts_[index];
  if (!part.is_multipart() && !part.is_message()) return false;
  if (stack_.size() >= limits_.depth) {
    reached("depth");
    return false;
  }
  if (part.is_multipart()) {
    const std::string boundary = boundary_of(part);
    if (boundary != part.content_type.parameter("boundary").value_or(ParameterText()).bytes) {
      note("blanks at the end of the boundary");
    }
    if (boundary.empty()) {
      note("multipart without a boundary");
      return false;
    }
    push_multipart(index, boundary);
    return true;
  }
  if (part.encoding != TransferEncoding::identity) {
    encoded_containers_.push_back(index);
    return false;
  }
  stack_.push_back({index, {}, false});
  if (map_.parts_.size() >= limits_.parts) {
    reached("parts");
    return true;
  }
  open_entity(part.body.begin, index, part.body.begin);
  return true;
}

void MapBuilder::push_multipart(std::size_t index, const std::string& boundary) {
  if (!is_plain_boundary(boundary)) note("boundary of odd characters");
  for (const Open& open : stack_) {
    if (!open.boundary.empty() &&
        (boundary.starts_with(open.boundary) || open.boundary.starts_with(boundary))) {
      note("boundary that extends another");
    }
  }
  boundaries_[boundary].push_back(stack_.size());
  stack_.push_back({index, boundary, false});
}

void MapBuilder::close_down_to(std::size_t level, std::size_t end) {
  while (stack_.size() > level + 1) close_top(end);
}

void MapBuilder::close_top(std::size_t end) {
  const Open open = std::move(stack_.back());
  stack_.pop_back();
  if (!open.boundary.empty()) {
    boundaries_[open.boundary].pop_back();
    if (!open.closed) note("multipart without its end");
  }
  MimePart& part = map_.parts_[open.part];
  // The owner of a decoded source has its own range in the source above.
  if (part.source != source_) return;
  part.slot.end = std::max(end, part.slot.begin);
  const bool at_end = end == text_.size();
  part.body.end = at_end ? end : std::max(before_line_end(text_, part.body.begin, end), part.body.begin);
  if (!open.boundary.empty() && part.children.empty()) {
    note("multipart without parts");
    if (part.encoding != TransferEncoding::identity) encoded_containers_.push_back(open.part);
  }
}

void MapBuilder::check_part(const MimePart& part) {
  for (const std::string& oddity : part.header.oddities) {
    // A message of text alone, without any header, has only one reading.
    note(oddity);
  }
  // An odd file name changes nothing but the name.
  if (part.typed && tells_structure(part)) note("boundary or type written oddly");
  if ((part.is_multipart() || part.is_message()) && part.encoding != TransferEncoding::identity) {
    note("encoded container");
  }
}

MimeMap::MimeMap(std::string_view message, const MimeLimits& limits) {
  MapBuilder(*this, limits).build(message);
}

}  // namespace mail
