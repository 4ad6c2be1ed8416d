#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

namespace scanner {

/// A seccomp filter: what is not allowed is refused; or, with Refusal::none, what is not failed is allowed.
class SystemCallFilter {
 public:
  enum class Refusal : std::uint8_t { kill_process, permission_denied, none };

  /// All that follow throw std::system_error.
  explicit SystemCallFilter(Refusal refusal);

  /// `calls` are SCMP_SYS(...) numbers.
  void allow(std::span<const int> calls);
  /// Only if argument number `index`, of those bits that `mask` has, is `value`.
  void allow_if(int call, unsigned index, std::uint64_t value, std::uint64_t mask = ~std::uint64_t{0});
  /// Fails with `error`, whatever else is refused how.
  void fail_with(int call, int error);
  /// The same, only if argument number `index`, of those bits that `mask` has, is `value`.
  void fail_if(int call, int error, unsigned index, std::uint64_t value, std::uint64_t mask);
  /// From here on, for this process; there is no way back.
  void enforce();

 private:
  struct Release {
    void operator()(void* filter) const;
  };
  std::unique_ptr<void, Release> filter_;
};

}  // namespace scanner
