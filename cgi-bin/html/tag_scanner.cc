#include "cgi-bin/html/tag_scanner.h"

#include <algorithm>
#include <array>

namespace formmail {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\n\f\r";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_blank(char c) { return kBlanks.find(c) != kNone; }

/// Whether `markup` has `name` at `at`, in any case, with its end behind it.
bool has_name(std::string_view markup, std::size_t at, std::string_view name) {
  if (markup.size() - at <= name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (lower(markup[at + i]) != name[i]) return false;
  }
  const char after = markup[at + name.size()];
  return is_blank(after) || after == '/' || after == '>';
}

/// The elements whose content is text up to their end tag. <noscript> is not among them: its forms are
/// there for people without scripts.
constexpr std::array<std::string_view, 8> kRawText = {"textarea", "title",   "style",    "xmp",
                                                      "iframe",   "noembed", "noframes", "script"};

/// Walks over the attributes of a tag, from behind its name.
struct AttributeWalk {
  std::string_view markup;
  std::size_t at;
  std::size_t attributes = 0;

  /// To behind the tag's `>`; kNone if the page ends before.
  std::size_t to_end() {
    while (true) {
      at = markup.find_first_not_of(" \t\n\f\r/", at);
      if (at == kNone) return kNone;
      if (markup[at] == '>') return at + 1;
      ++attributes;
      if (!over_name()) return kNone;
    }
  }

  bool over_name() {
    at = markup.find_first_of(" \t\n\f\r/>=", at + 1);  // a `=` that comes first belongs to the name
    const std::size_t equals = markup.find_first_not_of(kBlanks, std::min(at, markup.size()));
    if (equals == kNone) return false;
    if (markup[equals] != '=') return true;
    return over_value(markup.find_first_not_of(kBlanks, equals + 1));
  }

  bool over_value(std::size_t value) {
    if (value == kNone) return false;
    at = value;
    if (markup[value] == '"' || markup[value] == '\'') {
      at = markup.find(markup[value], value + 1);
      if (at == kNone) return false;
      ++at;
    } else if (markup[value] != '>') {
      at = markup.find_first_of(" \t\n\f\r>", value);
    }
    return at != kNone;
  }
};

}  // namespace

std::optional<TagPlace> TagScanner::next() {
  while (true) {
    const std::size_t open = markup_.find('<', at_);
    if (open == kNone || open + 1 == markup_.size()) return std::nullopt;
    at_ = open + 1;
    const char first = markup_[at_];
    const bool closing = first == '/';
    if (is_letter(first) || (closing && at_ + 1 < markup_.size() && is_letter(markup_[at_ + 1]))) {
      std::optional<TagPlace> tag = tag_at(open);
      if (!tag) {
        at_ = markup_.size();
        return std::nullopt;
      }
      at_ = tag->end;
      if (!closing) skip_raw_text(*tag);
      return tag;
    }
    if (first == '!' || first == '?' || closing) skip_declaration();
  }
}

std::optional<TagPlace> TagScanner::tag_at(std::size_t begin) {
  TagPlace tag{begin, 0, "", markup_[begin + 1] == '/', 0};
  const std::size_t name = begin + (tag.closing ? 2 : 1);
  const std::size_t name_end = markup_.find_first_of(" \t\n\f\r/>", name);
  if (name_end == kNone) return std::nullopt;
  for (const char c : markup_.substr(name, std::min<std::size_t>(name_end - name, 32))) tag.name += lower(c);
  AttributeWalk walk{markup_, name_end};
  tag.end = walk.to_end();
  tag.attributes = walk.attributes;
  if (tag.end == kNone) {
    unclosed_ = Unclosed{begin, tag.name};
    return std::nullopt;
  }
  return tag;
}

/// Comments, also those that `-->` closes at once; what else begins with `<!`, `<?` or `</` ends at `>`, but
/// for PHP, of which browsers see nothing.
void TagScanner::skip_declaration() {
  std::size_t end = kNone;
  const bool comment = markup_.substr(at_).starts_with("!--");
  if (comment) {
    const std::size_t text = at_ + 3;
    if (markup_.substr(text).starts_with(">")) {
      end = text + 1;
    } else if (markup_.substr(text).starts_with("->")) {
      end = text + 2;
    } else {
      // `-->` and `--!>`
      for (std::size_t dashes = markup_.find("--", text); dashes != kNone && end == kNone;
           dashes = markup_.find("--", dashes + 1)) {
        const std::string_view behind = markup_.substr(dashes + 2);
        if (behind.starts_with(">")) end = dashes + 3;
        if (behind.starts_with("!>")) end = dashes + 4;
      }
    }
  } else {
    const std::string_view here = markup_.substr(at_);
    const bool php = here.starts_with("?php") || here.starts_with("?=");
    const std::string_view close = php ? "?>" : ">";
    const std::size_t found = markup_.find(close, at_);
    if (found != kNone) end = found + close.size();
  }
  if (comment && end == kNone) unclosed_ = Unclosed{at_ - 1, "!--"};
  at_ = std::min(end, markup_.size());
}

/// Where `</name` stands, from `from` on; the page's end if nowhere.
std::size_t TagScanner::end_tag(std::string_view name, std::size_t from) const {
  for (std::size_t at = markup_.find("</", from); at != kNone; at = markup_.find("</", at + 2)) {
    if (has_name(markup_, at + 2, name)) return at;
  }
  return markup_.size();
}

void TagScanner::skip_raw_text(const TagPlace& tag) {
  if (tag.name == "plaintext") at_ = markup_.size();
  if (std::find(kRawText.begin(), kRawText.end(), tag.name) == kRawText.end()) return;
  if (tag.name == "script") {
    if (skip_script()) return;
  } else {
    at_ = end_tag(tag.name, at_);
    if (at_ < markup_.size()) return;
  }
  unclosed_ = Unclosed{tag.begin, tag.name};
}

/// A script ends at `</script`, but for one that closes a `<script` inside `<!--`, as old pages have it when
/// a script writes scripts (WHATWG HTML 13.2.5.26, "double escaped"). Whether it ends.
bool TagScanner::skip_script() {
  bool escaped = false;
  bool twice = false;
  while (at_ < markup_.size()) {
    const std::size_t stop = markup_.find_first_of("<-", at_);
    if (stop == kNone) break;
    at_ = stop;
    const std::string_view here = markup_.substr(at_);
    if (here.starts_with("-->")) {
      escaped = twice = false;
      at_ += 3;
    } else if (!escaped && here.starts_with("<!--")) {
      escaped = true;
      at_ += 2;  // the dashes may belong to `-->` at once
    } else if (escaped && !twice && has_name(markup_, std::min(at_ + 1, markup_.size()), "script")) {
      twice = true;
      ++at_;
    } else if (here.starts_with("</") && has_name(markup_, at_ + 2, "script")) {
      if (!twice) return true;
      twice = false;
      at_ += 2;
    } else {
      ++at_;
    }
  }
  at_ = markup_.size();
  return false;
}

}  // namespace formmail
