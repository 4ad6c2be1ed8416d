#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// What the text of a field must look like.
enum class Pattern { any, email, tel, url, number, date, zip, katakana, hiragana };

/// The rule that asks for it, which is its name in the templates, too: "email"; "" for any.
std::string_view rule_of(Pattern pattern);

/// One `_label_`: `field:label[:rule...]`.
struct Label {
  std::string written;  ///< the whole value as the page has it
  std::string field;
  std::string text;  ///< what people read
  bool required = false;
  Pattern pattern = Pattern::any;
  std::optional<std::size_t> min;  ///< characters
  std::optional<std::size_t> max;
  std::string match;  ///< field whose value this one must repeat; "" none
  bool file = false;
  std::vector<std::string> file_types;  ///< lower-case file name extensions; empty: any
};

/// Reads a `_label_` value. A label may hold `:`; only trailing tokens that are rules are rules. Without a
/// text the field's name stands as label. Nothing if no field is named.
std::optional<Label> parse_label(std::string_view value);

/// Applies `token` to `label` if it is a rule ("required", "max=20", "file=pdf,jpg").
bool apply_rule(Label& label, std::string_view token);

}  // namespace formmail
