#pragma once

#include <string>
#include <string_view>

namespace formmail {

/// The CGI meta-variables of one request (RFC 3875 4.1): the process's environment, or the parameters of a
/// FastCGI request. A view: the array must outlive it.
class Environment {
 public:
  /// `variables`: NAME=VALUE strings, a null pointer behind the last.
  explicit Environment(const char* const* variables) : variables_(variables) {}

  /// The value of `name`, the first if there are several; "" where it is not set.
  std::string_view get(std::string_view name) const {
    for (const char* const* variable = variables_; *variable != nullptr; ++variable) {
      if (is(*variable, name)) return std::string_view(*variable).substr(name.size() + 1);
    }
    return {};
  }

  /// All values of `name` as one list (RFC 9110 5.3): nginx before 1.23 passes each line of a header field
  /// that came in several as a variable of its own.
  std::string list(std::string_view name) const {
    std::string joined;
    for (const char* const* variable = variables_; *variable != nullptr; ++variable) {
      if (!is(*variable, name)) continue;
      if (!joined.empty()) joined += ", ";
      joined += std::string_view(*variable).substr(name.size() + 1);
    }
    return joined;
  }

 private:
  static bool is(std::string_view variable, std::string_view name) {
    return variable.size() > name.size() && variable[name.size()] == '=' && variable.starts_with(name);
  }

  const char* const* variables_;
};

}  // namespace formmail
