#pragma once

#include <string_view>

namespace formmail {

/// The CGI meta-variables of one request (RFC 3875 4.1): the process's environment, or the parameters of a
/// FastCGI request. A view: the array must outlive it.
class Environment {
 public:
  /// `variables`: NAME=VALUE strings, a null pointer behind the last.
  explicit Environment(const char* const* variables) : variables_(variables) {}

  /// The value of `name`; "" where it is not set.
  std::string_view get(std::string_view name) const {
    for (const char* const* variable = variables_; *variable != nullptr; ++variable) {
      const std::string_view entry = *variable;
      if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
        return entry.substr(name.size() + 1);
      }
    }
    return {};
  }

 private:
  const char* const* variables_;
};

}  // namespace formmail
