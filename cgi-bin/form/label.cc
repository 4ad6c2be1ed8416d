#include "cgi-bin/form/label.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cgi-bin/form/blanks.h"

namespace formmail {

namespace {

/// In the order of Pattern.
constexpr std::array<std::string_view, 9> kPatternRules = {"",     "email", "tel",      "url",     "number",
                                                           "date", "zip",   "katakana", "hiragana"};

std::optional<std::size_t> count_of(std::string_view digits) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count > 100000000) return std::nullopt;
  return count;
}

/// "pdf, .JPG" as {"pdf", "jpg"}; empty if one is no extension.
std::vector<std::string> extensions_of(std::string_view list) {
  std::vector<std::string> extensions;
  while (!list.empty()) {
    std::string_view word = without_blanks(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.find(','), list.size() - 1) + 1);
    if (word.starts_with('.')) word.remove_prefix(1);
    if (word.empty() || word.size() > 10) return {};
    std::string extension;
    for (const char c : word) {
      const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (!(lower >= 'a' && lower <= 'z') && !(lower >= '0' && lower <= '9')) return {};
      extension += lower;
    }
    extensions.push_back(std::move(extension));
  }
  return extensions;
}

}  // namespace

std::string_view rule_of(Pattern pattern) { return kPatternRules[static_cast<std::size_t>(pattern)]; }

bool apply_rule(Label& label, std::string_view token) {
  token = without_blanks(token);
  if (token == "required") return label.required = true;
  if (token == "file") return label.file = true;
  const auto* const rule = std::find(kPatternRules.begin() + 1, kPatternRules.end(), token);
  if (rule != kPatternRules.end()) {
    label.pattern = static_cast<Pattern>(rule - kPatternRules.begin());
    return true;
  }
  const std::size_t equals = token.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = without_blanks(token.substr(0, equals));
  const std::string_view argument = without_blanks(token.substr(equals + 1));
  if (name == "match" && !argument.empty()) {
    label.match = argument;
    return true;
  }
  if (name == "file") {
    std::vector<std::string> extensions = extensions_of(argument);
    if (extensions.empty()) return false;
    label.file_types = std::move(extensions);
    return label.file = true;
  }
  if (name != "min" && name != "max") return false;
  const std::optional<std::size_t> count = count_of(argument);
  if (!count) return false;
  (name == "min" ? label.min : label.max) = count;
  return true;
}

std::optional<Label> parse_label(std::string_view value) {
  const std::size_t colon = std::min(value.find(':'), value.size());
  Label label;
  label.written = value;
  label.field = without_blanks(value.substr(0, colon));
  if (label.field.empty()) return std::nullopt;
  std::string_view rest = colon < value.size() ? value.substr(colon + 1) : std::string_view();
  for (std::size_t last = rest.rfind(':'); last != std::string_view::npos; last = rest.rfind(':')) {
    if (!apply_rule(label, rest.substr(last + 1))) break;
    rest = rest.substr(0, last);
  }
  label.text = without_blanks(rest);
  if (label.text.empty()) label.text = label.field;
  return label;
}

}  // namespace formmail
