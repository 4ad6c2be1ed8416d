#include <algorithm>
#include <array>

#include "cgi-bin/form/label.h"
#include "cgi-bin/owner/page_check.h"

// Typing errors in the markup itself, of which browsers make something else than its writer.

namespace formmail {

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<signed char>(c) < 0; });
}

/// The rest of a value that has blanks but no quotes: `value=name:Your name:required`.
bool is_rest_of_label(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  Label scratch;
  return colon != std::string_view::npos && apply_rule(scratch, name.substr(colon + 1));
}

bool check_attribute_names(const Tag& tag, MistakeList& found) {
  for (const Attribute& attribute : tag.attributes) {
    const bool wide = attribute.name.starts_with("　") || attribute.name.find("＝") != std::string::npos;
    const bool cut = !wide && attribute.name.find_first_of("\"'<") != std::string::npos;
    const bool odd = !is_ascii(attribute.name) || is_rest_of_label(attribute.name);
    if (!cut && !odd) continue;
    found.mistake(tag.begin, cut ? "tag-not-closed" : "attribute-odd",
                  {{"tag", tag.name}, {"attribute", attribute.name}});
    return true;
  }
  return false;
}

}  // namespace

bool has_wide_quote(std::string_view value) {
  constexpr std::array<std::string_view, 5> kQuotes = {"“", "”", "‘", "’", "＂"};
  return std::ranges::any_of(kQuotes, [&](std::string_view quote) { return value.starts_with(quote); });
}

bool check_quotes(const Tag& tag, MistakeList& found) {
  for (const char* attribute : {"name", "action", "type", "method"}) {
    const std::string value(tag.value(attribute));
    const bool missing = std::string_view(attribute) == "name" && value.find_first_of("\"=<>") != value.npos;
    if (!has_wide_quote(value) && !missing) continue;
    found.mistake(tag.begin, missing ? "quote-missing" : "quotes-wide",
                  {{"attribute", attribute}, {"value", value}});
    return true;
  }
  return check_attribute_names(tag, found);
}

void check_markup(const Page& page, MistakeList& found) {
  for (const TagPlace& place : page.unreadable) {
    found.mistake(place.begin, "tag-too-big", {{"tag", place.name}});
  }
  for (const TagPlace& place : page.odd_names) {
    found.mistake(place.begin, "tag-odd", {{"tag", place.name.substr(0, place.name.find(PageText::kOther))}});
  }
  if (!page.unclosed) return;
  const bool comment = page.unclosed->name == "!--";
  const std::string name = page.unclosed->name.substr(0, page.unclosed->name.find(PageText::kOther));
  found.mistake(page.unclosed->begin, comment ? "comment-open" : "element-open", {{"tag", name}});
}

}  // namespace formmail
