#include "mail/mime/readings/cuts.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "mail/mime/ascii.h"
#include "mail/mime/encoded_word.h"
#include "mail/mime/parameters.h"

namespace mail {

namespace {

bool is_junk_blank(char c) { return is_line_space(c) || c == '\0' || c == '\x1a' || c == '\x7f'; }

class Lines {
 public:
  Lines(std::string_view text, bool lone_cr) : text_(text), ends_(lone_cr ? "\r\n" : "\n") {}

  std::size_t next(std::size_t at) const {
    const auto end = text_.find_first_of(ends_, at);
    if (end == std::string_view::npos) return text_.size();
    if (text_[end] == '\r' && end + 1 < text_.size() && text_[end + 1] == '\n') return end + 2;
    return end + 1;
  }

  // Where the text of a boundary line begins, after what blanks readers pass over; npos if it is none.
  std::size_t dashes(std::size_t at, std::size_t end) const {
    while (at < end && is_junk_blank(text_[at])) ++at;
    return at + 2 <= end && text_[at] == '-' && text_[at + 1] == '-' ? at + 2 : std::string_view::npos;
  }

  bool is_empty(std::size_t at, std::size_t end) const {
    return std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(at),
                       text_.begin() + static_cast<std::ptrdiff_t>(end), is_junk_blank);
  }

  bool is_field(std::size_t at, std::size_t end) const {
    const std::string_view line = text_.substr(at, end - at);
    return is_blank(line.front()) || line.find(':') != std::string_view::npos ||
           find_word(line, "content") == 0;
  }

 private:
  std::string_view text_;
  std::string_view ends_;
};

struct BoundaryLine {
  std::size_t begin;
  std::size_t token;
  std::size_t end;
};

std::vector<BoundaryLine> boundary_lines(std::string_view text, const Lines& lines, bool lone_cr) {
  std::vector<BoundaryLine> found;
  // Only lines that hold dashes are looked at; all others are passed over in one search.
  for (std::size_t dash = text.find("--"); dash != std::string_view::npos;) {
    std::size_t begin = dash;
    while (begin > 0 && text[begin - 1] != '\n' && !(lone_cr && text[begin - 1] == '\r') &&
           is_junk_blank(text[begin - 1]))
      --begin;
    const bool at_line_start = begin == 0 || text[begin - 1] == '\n' || (lone_cr && text[begin - 1] == '\r');
    const std::size_t end = lines.next(dash);
    if (at_line_start) found.push_back({begin, dash + 2, end});
    dash = text.find("--", end);
  }
  return found;
}

void add(std::unordered_set<std::string>& names, std::string_view name) {
  while (!name.empty() && is_junk_blank(name.back())) name.remove_suffix(1);
  constexpr std::size_t kMost = 64;
  if (!name.empty() && names.size() < kMost) names.emplace(name);
}

// The line at `begin` with those that are folded to it.
std::string_view folded_line(std::string_view text, std::size_t begin, std::size_t most) {
  const std::string_view rest = text.substr(begin, most);
  auto end = rest.find('\n');
  while (end != std::string_view::npos && end + 1 < rest.size() && is_blank(rest[end + 1]))
    end = rest.find('\n', end + 1);
  return rest.substr(0, end);
}

// Everything that some reader could take for a boundary's name: after each "boundary", quoted or not, cut
// where different readers cut it, with escapes and without.
std::unordered_set<std::string> boundary_names(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  constexpr int kMostLooked = 1000;
  std::unordered_set<std::string> names;
  int looked = 0;
  for (auto at = find_word(text, "boundary"); at != std::string_view::npos && ++looked < kMostLooked;
       at = find_word(text, "boundary", at + 8)) {
    std::string_view rest = text.substr(at + 8, kLongest);
    const auto equals = rest.find('=');
    if (equals > 16) continue;  // or there is none
    rest.remove_prefix(equals + 1);
    while (!rest.empty() && is_junk_blank(rest.front())) rest.remove_prefix(1);
    const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
    add(names, line);
    add(names, line.substr(0, line.find(';')));
    add(names, line.substr(0, line.find_first_of("; \t(")));
    const auto apostrophe = line.rfind('\'');
    if (apostrophe != std::string_view::npos) add(names, line.substr(apostrophe + 1));
    // Percent codes, pieces and comments, as RFC 2231 and 2045 have them.
    const std::size_t window = at > kLongest ? at - kLongest : 0;
    const auto newline = text.substr(window, at - window).rfind('\n');
    const std::size_t line_begin = newline == std::string_view::npos ? at : window + newline + 1;
    const auto parsed = parse_parameters("x;" + std::string(folded_line(text, line_begin, kLongest)));
    if (const auto whole = parsed.parameter("boundary")) add(names, whole->bytes);
    if (rest.starts_with('"') || rest.starts_with('\'')) {
      const std::string_view inner = rest.substr(1);
      const std::string_view quoted = inner.substr(0, inner.find(rest.front()));
      add(names, quoted);
      add(names, trim(quoted));
      std::string unescaped(quoted);
      unescaped.erase(std::remove(unescaped.begin(), unescaped.end(), '\\'), unescaped.end());
      add(names, unescaped);
      add(names, decode_encoded_words(quoted));
    }
  }
  return names;
}

Piece piece_between(const Lines& lines, std::size_t begin, std::size_t header, std::size_t next,
                    std::string_view text) {
  Piece piece;
  piece.range = {begin, next};
  piece.end = next;
  if (next < text.size()) {
    if (piece.end > header && text[piece.end - 1] == '\n') --piece.end;
    if (piece.end > header && text[piece.end - 1] == '\r') --piece.end;
  }
  // The first line that is no field, the first empty one, and the one after a second block of fields.
  std::set<std::size_t> bodies;
  bool fields_ended = false;
  int empty_lines = 0;
  std::size_t at = header;
  constexpr std::size_t kLongestHeader = 2 << 20;
  while (at < piece.end && at - header < kLongestHeader) {
    const std::size_t end = std::min(lines.next(at), piece.end);
    if (lines.is_empty(at, end)) {
      bodies.insert(end);
      if (++empty_lines == 2) break;
      // Only a further block of fields can be meant by going on.
      if (end < piece.end && !lines.is_field(end, lines.next(end)) && !lines.is_empty(end, lines.next(end)))
        break;
    } else if (!fields_ended && !lines.is_field(at, end)) {
      fields_ended = true;
      bodies.insert(at);
    }
    at = end;
  }
  piece.header = {header, std::min(at, piece.end)};
  if (bodies.empty()) bodies.insert(header);
  piece.bodies.assign(bodies.begin(), bodies.end());
  std::erase_if(piece.bodies, [&](std::size_t body) { return body >= piece.end; });
  return piece;
}

Cut cut_at(std::string_view text, const Lines& lines, const std::vector<BoundaryLine>& at, std::string why) {
  Cut cut{std::move(why), at.empty(), {}};
  std::size_t begin = 0;
  std::size_t header = 0;
  for (const BoundaryLine& line : at) {
    cut.pieces.push_back(piece_between(lines, begin, header, line.begin, text));
    begin = line.begin;
    header = line.end;
  }
  cut.pieces.push_back(piece_between(lines, begin, header, text.size(), text));
  return cut;
}

std::vector<BoundaryLine> named(const std::vector<BoundaryLine>& all, std::string_view text,
                                const std::unordered_set<std::string>& names) {
  std::vector<BoundaryLine> found;
  for (const BoundaryLine& line : all) {
    const std::string_view token = text.substr(line.token, line.end - line.token);
    const std::string_view with_dashes = text.substr(line.token - 2, line.end - line.token + 2);
    if (std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return token.starts_with(name) || with_dashes.starts_with(name);
        })) {
      found.push_back(line);
    }
  }
  return found;
}

}  // namespace

std::vector<Cut> cuts_of(std::string_view text) {
  std::vector<Cut> cuts;
  const std::unordered_set<std::string> names = boundary_names(text);
  bool has_lone_cr = false;
  for (auto cr = text.find('\r'); cr != std::string_view::npos && !has_lone_cr;
       cr = text.find('\r', cr + 1)) {
    has_lone_cr = cr + 1 == text.size() || text[cr + 1] != '\n';
  }
  for (const bool lone_cr : {false, true}) {
    if (lone_cr && !has_lone_cr) break;
    const Lines lines(text, lone_cr);
    const auto all = boundary_lines(text, lines, lone_cr);
    const std::string suffix = lone_cr ? ", CR as a line end" : "";
    cuts.push_back(cut_at(text, lines, all, "any boundary" + suffix));
    cuts.back().whole = false;
    const auto known = named(all, text, names);
    if (known.size() != all.size() && !known.empty())
      cuts.push_back(cut_at(text, lines, known, "other boundary" + suffix));
    if (!all.empty()) cuts.push_back(cut_at(text, lines, {}, "no boundary" + suffix));
  }
  return cuts;
}

}  // namespace mail
