#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/html/page_text.h"
#include "cgi-bin/html/tag_scanner.h"

namespace formmail {

struct Attribute {
  std::string name;   ///< lower case
  std::string value;  ///< UTF-8, character references resolved
  std::size_t begin;  ///< of the value in the page, without its quotes
  std::size_t end;
  char quote;  ///< `"`, `'`, or 0 where the value has none
};

/// A start tag with its attributes.
struct Tag {
  std::string name;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<Attribute> attributes;

  const Attribute* find(std::string_view attribute) const;
  /// The attribute's value; "" if there is none.
  std::string_view value(std::string_view attribute) const;
  /// The same in lower case, for what HTML compares without case.
  std::string keyword(std::string_view attribute) const;
};

/// Tags beyond these are not read (Tag without attributes): what follows from them in time is bounded.
constexpr std::size_t kMostAttributes = 256;
constexpr std::size_t kLongestTag = 262144;
bool is_readable(const TagPlace& place);

/// Reads the start tag at `place`. Only one tag is given to the HTML parser at a time: its attributes, their
/// quoting and character references are the parser's work; where tags are is TagScanner's.
Tag read_tag(const PageText& page, const TagPlace& place);

/// What a reader sees of the text between two tags (UTF-8): character references resolved, comments gone, one
/// blank for any number.
std::string visible_text(const std::string& utf8);

}  // namespace formmail
