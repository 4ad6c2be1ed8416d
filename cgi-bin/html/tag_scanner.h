#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace formmail {

/// Where a tag stands: from its `<` to behind its `>`.
struct TagPlace {
  std::size_t begin;
  std::size_t end;
  std::string name;  ///< lower case
  bool closing;      ///< `</name>`
  std::size_t attributes;
};

/// What the page's end cuts short, so that browsers take all behind its beginning for its text.
struct Unclosed {
  std::size_t begin;
  std::string name;  ///< of the element; "!--" a comment
};

/// Finds the tags of an HTML page one after the other, as browsers do (WHATWG HTML 13.2.5): not in comments,
/// declarations, scripts, style sheets and the text of <textarea>, <title> and the like; a `>` in a quoted
/// value ends no tag. A tag that the page's end cuts short is none.
///
/// In time linear in the page, whatever it holds; a tree is not built, so none can be too deep.
class TagScanner {
 public:
  /// `markup`: PageText::markup(). Must outlive the scanner.
  explicit TagScanner(std::string_view markup) : markup_(markup) {}

  std::optional<TagPlace> next();
  /// Once next() has found the last tag.
  const std::optional<Unclosed>& unclosed() const { return unclosed_; }

 private:
  std::optional<TagPlace> tag_at(std::size_t begin);
  void skip_declaration();
  void skip_raw_text(const TagPlace& tag);
  bool skip_script();
  std::size_t end_tag(std::string_view name, std::size_t from) const;

  std::string_view markup_;
  std::size_t at_ = 0;
  std::optional<Unclosed> unclosed_;
};

}  // namespace formmail
