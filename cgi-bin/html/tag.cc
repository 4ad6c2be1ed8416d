#include "cgi-bin/html/tag.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>

namespace formmail {

namespace {

struct DestroyOutput {
  void operator()(GumboOutput* output) const { gumbo_destroy_output(&kGumboDefaultOptions, output); }
};

/// The one element that stands in the text, among those that the parser adds around it.
const GumboElement* written_element(const GumboNode* node) {
  if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) return nullptr;
  if (node->v.element.original_tag.length > 0) return &node->v.element;
  const GumboVector& children = node->v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    const GumboElement* found = written_element(static_cast<const GumboNode*>(children.data[i]));
    if (found != nullptr) return found;
  }
  return nullptr;
}

/// A value without quotes as it was written. The parser leaves a character reference at its start out.
std::string_view whole_unquoted(const GumboAttribute& from) {
  const char* end = from.original_value.data + from.original_value.length;
  const char* name_end = from.original_name.data + from.original_name.length;
  std::string_view text(name_end, static_cast<std::size_t>(end - name_end));
  const std::size_t equals = text.find('=');
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\f", equals + 1), text.size()));
  return text;
}

/// Where the value stands in the page, without its quotes.
void locate(const GumboAttribute& from, const std::string& utf8, const std::vector<std::size_t>& offsets,
            Attribute& attribute) {
  std::string_view raw(from.original_value.data, from.original_value.length);
  attribute.quote = 0;
  if (raw.size() >= 2 && (raw.front() == '"' || raw.front() == '\'') && raw.back() == raw.front()) {
    attribute.quote = raw.front();
    raw = raw.substr(1, raw.size() - 2);
  } else if (attribute.value.empty()) {
    raw = {};  // the parser gives the name where there is no value
  } else {
    raw = whole_unquoted(from);
  }
  const std::size_t begin =
      raw.data() == nullptr ? utf8.size() : static_cast<std::size_t>(raw.data() - utf8.data());
  attribute.begin = offsets[begin];
  attribute.end = offsets[begin + raw.size()];
}

/// The text nodes below `node`; markup that the text may hold is no deeper than the parser's own elements.
void append_text(const GumboNode* node, std::string& text) {
  if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) text += node->v.text.text;
  if (node->type != GUMBO_NODE_ELEMENT) return;
  const GumboVector& children = node->v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    append_text(static_cast<const GumboNode*>(children.data[i]), text);
  }
}

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string visible_text(const std::string& utf8) {
  if (utf8.find_first_of("&<") == std::string::npos || utf8.size() > kLongestTag) return collapsed(utf8);
  const std::unique_ptr<GumboOutput, DestroyOutput> output(
      gumbo_parse_with_options(&kGumboDefaultOptions, utf8.data(), utf8.size()));
  std::string text;
  append_text(output->root, text);
  return collapsed(text);
}

const Attribute* Tag::find(std::string_view attribute) const {
  for (const Attribute& candidate : attributes) {
    if (candidate.name == attribute) return &candidate;
  }
  return nullptr;
}

std::string_view Tag::value(std::string_view attribute) const {
  const Attribute* found = find(attribute);
  return found == nullptr ? std::string_view() : found->value;
}

std::string Tag::keyword(std::string_view attribute) const {
  std::string word(value(attribute));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return word;
}

bool is_readable(const TagPlace& place) {
  return place.attributes <= kMostAttributes && place.end - place.begin <= kLongestTag;
}

Tag read_tag(const PageText& page, const TagPlace& place) {
  Tag tag{place.name, place.begin, place.end, {}};
  if (place.closing || !is_readable(place)) return tag;
  std::vector<std::size_t> offsets;
  const std::string utf8 = page.utf8(place.begin, place.end, &offsets);
  const std::unique_ptr<GumboOutput, DestroyOutput> output(
      gumbo_parse_with_options(&kGumboDefaultOptions, utf8.data(), utf8.size()));
  const GumboElement* element = written_element(output->root);
  if (element == nullptr) return tag;
  for (unsigned i = 0; i < element->attributes.length; ++i) {
    const auto& from = *static_cast<const GumboAttribute*>(element->attributes.data[i]);
    Attribute attribute{from.name, from.value, 0, 0, 0};
    locate(from, utf8, offsets, attribute);
    tag.attributes.push_back(std::move(attribute));
  }
  return tag;
}

}  // namespace formmail
