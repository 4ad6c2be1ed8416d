#include "mail/smtp/command.h"

#include <algorithm>
#include <charconv>

namespace mail {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t word_length(std::string_view text) {
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_blank) - text.begin());
}

/// Where the address ends: behind the `>` that no quoted string holds. npos if there is none.
std::size_t end_of_bracketed(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted) {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '>' && !quoted) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string to_upper_ascii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

SmtpCommand parse_smtp_command(std::string_view line) {
  const std::string_view text = trimmed(line);
  const std::size_t length = word_length(text);
  return {to_upper_ascii(text.substr(0, length)), trimmed(text.substr(length))};
}

std::optional<std::vector<SmtpParameter>> parse_smtp_parameters(std::string_view text) {
  std::vector<SmtpParameter> parameters;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const std::string_view word = text.substr(0, word_length(text));
    const std::size_t equals = word.find('=');
    if (equals == 0) return std::nullopt;
    const std::size_t value = equals == std::string_view::npos ? word.size() : equals + 1;
    parameters.push_back({to_upper_ascii(word.substr(0, equals)), word.substr(value), word});
    text.remove_prefix(word.size());
  }
  return parameters;
}

const SmtpParameter* SmtpPath::find(std::string_view keyword) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const SmtpParameter& parameter) {
    return parameter.keyword == keyword;
  });
  return found == parameters.end() ? nullptr : &*found;
}

std::optional<SmtpPath> parse_smtp_path(std::string_view argument, std::string_view word) {
  if (to_upper_ascii(argument.substr(0, word.size())) != word) return std::nullopt;
  const std::string_view text = trimmed(argument.substr(word.size()));
  const bool bracketed = text.starts_with('<');
  const std::size_t end = bracketed ? end_of_bracketed(text) : word_length(text);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  if (end < text.size() && !is_blank(text[end])) return std::nullopt;
  std::optional<std::vector<SmtpParameter>> parameters = parse_smtp_parameters(text.substr(end));
  if (!parameters) return std::nullopt;
  return SmtpPath{bracketed ? text.substr(1, end - 2) : text.substr(0, end), std::move(*parameters)};
}

std::string without_smtp_parameter(std::string_view line, std::string_view keyword) {
  const std::string_view argument = parse_smtp_command(line).argument;
  std::optional<SmtpPath> path = parse_smtp_path(argument, "FROM:");
  if (!path) path = parse_smtp_path(argument, "TO:");
  std::string result;
  std::size_t at = 0;
  for (const SmtpParameter& parameter : path ? path->parameters : std::vector<SmtpParameter>()) {
    if (parameter.keyword != keyword) continue;
    const auto begin = static_cast<std::size_t>(parameter.word.data() - line.data());
    result += line.substr(at, begin - 1 - at);  // with the blank in front
    at = begin + parameter.word.size();
  }
  return result += line.substr(at);
}

std::optional<std::uint64_t> parse_smtp_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > 20 || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace mail
