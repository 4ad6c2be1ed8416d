#include "cgi-bin/owner/meant_rule.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "cgi-bin/guard/refused_text.h"
#include "cgi-bin/owner/mistake.h"

namespace formmail {

namespace {

constexpr std::array<std::string_view, 10> kRules = {"required", "email", "tel",  "url",      "number",
                                                     "date",     "zip",   "file", "katakana", "hiragana"};

/// What owners write for a rule; "" is what needs none.
constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kMeant = {
    {{"必須", "required"},
     {"必須項目", "required"},
     {"入力必須", "required"},
     {"必ず", "required"},
     {"mandatory", "required"},
     {"任意", ""},
     {"optional", ""},
     {"メール", "email"},
     {"メールアドレス", "email"},
     {"mail", "email"},
     {"電話", "tel"},
     {"電話番号", "tel"},
     {"phone", "tel"},
     {"telephone", "tel"},
     {"数字", "number"},
     {"半角数字", "number"},
     {"numeric", "number"},
     {"日付", "date"},
     {"郵便番号", "zip"},
     {"カタカナ", "katakana"},
     {"カナ", "katakana"},
     {"全角カナ", "katakana"},
     {"全角カタカナ", "katakana"},
     {"kana", "katakana"},
     {"フリガナ", "katakana"},
     {"ひらがな", "hiragana"},
     {"ファイル", "file"}}};

constexpr std::string_view kDigits = "0123456789";

/// Characters that were typed for `:`; a blank is among them.
constexpr std::array<std::string_view, 9> kSeparators = {":", ",", ";", "|", "/", " ", "　", "、", "，"};

/// `text` from its last separator among those on, without it; the length of the separator.
std::pair<std::size_t, std::size_t> last_separator(std::string_view text) {
  std::size_t at = std::string_view::npos;
  std::size_t length = 0;
  for (const std::string_view separator : kSeparators) {
    const std::size_t found = text.rfind(separator);
    if (found == std::string_view::npos || (at != std::string_view::npos && found < at)) continue;
    at = found;
    length = separator.size();
  }
  return {at, length};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty()) {
    const bool wide = text.ends_with("　");
    if (!wide && !text.ends_with(' ')) break;
    text.remove_suffix(wide ? std::string_view("　").size() : 1);
  }
  while (text.starts_with(' ') || text.starts_with("　")) text.remove_prefix(text.front() == ' ' ? 1 : 3);
  return text;
}

bool is_rule(std::string_view token) {
  Label scratch;
  return apply_rule(scratch, token);
}

/// "max 100", "maxlength=100", "max:100", "100文字以内" as "max=100".
std::string amount(std::string_view text) {
  std::string_view name;
  for (const std::string_view candidate : {"max", "min"}) {
    if (text.starts_with(candidate)) name = candidate;
  }
  if (!name.empty()) {
    text.remove_prefix(3);
    if (text.starts_with("length")) text.remove_prefix(6);
    text.remove_prefix(std::min(text.find_first_not_of(" =:"), text.size()));
  }
  const std::string_view digits = text.substr(0, text.find_first_not_of(kDigits));
  const std::string_view unit = text.substr(digits.size());
  if (digits.empty() || digits.size() > 8) return "";
  if (name.empty()) {
    if (unit == "文字以上" || unit == "字以上") name = "min";
    if (unit == "文字以内" || unit == "字以内" || unit == "文字以下" || unit == "文字まで") name = "max";
  } else if (!unit.empty()) {
    return "";
  }
  return name.empty() ? "" : std::string(name) + "=" + std::string(digits);
}

/// "file=.pdf;.jpg" as "file=pdf,jpg"; where no kinds can be read, so that the way to write them is seen.
std::string file_kinds(std::string_view text) {
  if (!text.starts_with("file") || text.find_first_of("= ") == std::string_view::npos) return "";
  std::string rule = "file=";
  text.remove_prefix(std::min(text.find_first_not_of(" =", 4), text.size()));
  for (const char c : text) rule += std::string_view(";|/ ").find(c) == std::string_view::npos ? c : ',';
  return is_rule(rule) ? rule : "file=pdf,jpg";
}

/// The rule that one word is near to.
std::optional<std::string> one_rule(std::string_view word) {
  if (is_rule(word)) return std::string(word);
  const auto* const meant = std::ranges::find(kMeant, word, [](const auto& each) { return each.first; });
  if (meant != kMeant.end()) return std::string(meant->second);
  if (std::string rule = amount(word); !rule.empty()) return rule;
  if (std::string rule = file_kinds(word); !rule.empty()) return rule;
  if (word.starts_with("match")) return "match=email";
  const std::string_view nearest = nearest_name(word, {kRules.begin(), kRules.end()});
  return nearest.empty() ? std::nullopt : std::optional<std::string>(nearest);
}

/// The same of several, between which other characters than `:` stand.
std::optional<std::string> rules(std::string_view words) {
  if (const auto one = one_rule(words)) return one;
  std::string joined;
  for (words = trimmed(words); !words.empty();) {
    const auto [at, length] = last_separator(words);
    const bool last = at == std::string_view::npos;
    const std::optional<std::string> rule = one_rule(words.substr(last ? 0 : at + length));
    if (!rule) return std::nullopt;
    if (!joined.empty() && !rule->empty()) joined.insert(0, ":");
    joined.insert(0, *rule);
    words = last ? "" : trimmed(words.substr(0, at));
  }
  return joined.empty() ? std::nullopt : std::optional<std::string>(joined);
}

/// A word in ASCII, such as rules are, and no number or time of day.
bool is_word(std::string_view text) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || kDigits.find(c) != std::string_view::npos ||
           std::string_view("=-_,./*").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_part) &&
         kDigits.find(text.front()) == std::string_view::npos;
}

std::optional<MeantRule> behind_colon(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view token = text.substr(colon + 1);
  const std::string narrow = folded(trimmed(token));
  if (narrow.empty()) {  // "お名前:required:"
    const std::string_view before = text.substr(0, colon);
    const std::string_view rule = before.substr(before.rfind(':') + 1);
    if (before.rfind(':') == before.npos || !is_rule(rule)) return std::nullopt;
    return MeantRule{std::string(rule) + ":", std::string(rule), true};
  }
  const std::size_t before = colon == 0 ? text.npos : text.rfind(':', colon - 1);
  if (before != text.npos && narrow.find_first_not_of(kDigits) == narrow.npos) {  // "max:100"
    const std::string_view both = text.substr(before + 1);
    std::string rule = amount(folded(both));
    if (!rule.empty()) return MeantRule{std::string(both), std::move(rule), true};
  }
  if (const auto rule = rules(narrow)) return MeantRule{std::string(token), *rule, true};
  return is_word(narrow) && trimmed(token) == token ? std::optional<MeantRule>({std::string(token), "", true})
                                                    : std::nullopt;
}

/// "お名前：required", "Name,required". Words that labels end in, too, are none: "E-mail or tel".
std::optional<MeantRule> behind_other_character(std::string_view text) {
  const std::string narrow = folded(text);
  const auto [at, length] = last_separator(narrow);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view token = std::string_view(narrow).substr(at + length);
  const bool like_colon = narrow[at] == ':' || narrow[at] == ';' || narrow[at] == '|';
  const bool meant = token == "required" || (like_colon && (token == "必須" || is_rule(token)));
  if (!meant) return std::nullopt;
  return MeantRule{std::string(token), std::string(token == "必須" ? "required" : token), false};
}

}  // namespace

std::optional<MeantRule> meant_rule(const Label& label) {
  constexpr std::size_t kLongest = 1000;  // bounds the time; longer ones are no one's labels
  if (label.text.size() > kLongest) return std::nullopt;
  if (auto rule = behind_colon(label.text)) return rule;
  return behind_other_character(label.text);
}

}  // namespace formmail
