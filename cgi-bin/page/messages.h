#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace formmail {

/// The texts of one language: `KEY: TEXT` lines, comments with `#`; of two lines with one key the first
/// counts. A view into `file`, which must outlive it. Nothing is made of the file beforehand: a request needs
/// few texts.
class Messages {
 public:
  explicit Messages(std::string_view file) : file_(file) {}

  /// The text of `key`, with each {{name}} filled in from `values`. A key that the file lacks gives the key,
  /// so that nothing is silently empty.
  std::string text(std::string_view key,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values = {}) const;
  bool has(std::string_view key) const { return find(key).has_value(); }

 private:
  std::optional<std::string_view> find(std::string_view key) const;

  std::string_view file_;
};

}  // namespace formmail
