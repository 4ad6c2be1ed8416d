#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace formmail {

/// The texts of one language: `KEY: TEXT` lines, comments with `#`. A view into `file`, which must outlive
/// it.
class Messages {
 public:
  explicit Messages(std::string_view file);

  /// The text of `key`, with each {{name}} filled in from `values`. A key that the file lacks gives the key,
  /// so that nothing is silently empty.
  std::string text(std::string_view key,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values = {}) const;
  bool has(std::string_view key) const { return texts_.contains(key); }

 private:
  std::map<std::string_view, std::string_view> texts_;
};

}  // namespace formmail
