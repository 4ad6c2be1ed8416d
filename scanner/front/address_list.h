#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// Networks such as "127.0.0.0/8", "::1", "192.0.2.7". IPv4 addresses mapped into IPv6 count as IPv4.
class AddressList {
 public:
  /// Throws std::invalid_argument with the entry that is no network.
  explicit AddressList(const std::vector<std::string>& networks);

  /// `address` in text form, without a scope or port; false if it is none.
  bool contains(std::string_view address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;
  struct Network {
    Bytes address;
    int prefix;
  };
  static bool read(std::string_view text, Bytes& address, bool& is_v4);
  std::vector<Network> networks_;
};

}  // namespace scanner
