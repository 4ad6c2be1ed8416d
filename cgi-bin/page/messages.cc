#include "cgi-bin/page/messages.h"

namespace formmail {

Messages::Messages(std::string_view file) {
  while (!file.empty()) {
    const std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    const std::size_t colon = line.find(": ");
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    texts_.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
}

std::string Messages::text(std::string_view key,
                           const std::vector<std::pair<std::string_view, std::string_view>>& values) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) return std::string(key);
  std::string_view rest = found->second;
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
