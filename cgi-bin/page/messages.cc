#include "cgi-bin/page/messages.h"

namespace formmail {

std::optional<std::string_view> Messages::find(std::string_view key) const {
  for (std::size_t at = file_.find(key); at != std::string_view::npos; at = file_.find(key, at + 1)) {
    const std::string_view rest = file_.substr(at + key.size());
    const bool begins_line = at == 0 || file_[at - 1] == '\n';
    if (begins_line && rest.starts_with(": ")) return rest.substr(2, rest.find('\n') - 2);
  }
  return std::nullopt;
}

std::string Messages::text(std::string_view key,
                           const std::vector<std::pair<std::string_view, std::string_view>>& values) const {
  const std::optional<std::string_view> found = find(key);
  if (!found) return std::string(key);
  std::string_view rest = *found;
  std::string out;
  for (std::size_t open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const std::size_t close = rest.find("}}", open);
    if (close == std::string_view::npos) break;
    out += rest.substr(0, open);
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    for (const auto& [value_name, value] : values) {
      if (value_name == name) out += value;
    }
    rest.remove_prefix(close + 2);
  }
  return out.append(rest);
}

}  // namespace formmail
