#include "scanner/front/address_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace scanner {

bool AddressList::read(std::string_view text, Bytes& address, bool& is_v4) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string_view::npos) return false;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
  is_v4 = ::inet_pton(AF_INET, terminated.c_str(), &address[12]) == 1;
  return is_v4 || ::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
}

AddressList::AddressList(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    Network network{};
    bool is_v4 = false;
    const bool good = read(std::string_view(text).substr(0, slash), network.address, is_v4);
    const int widest = is_v4 ? 32 : 128;
    int prefix = widest;
    if (slash != std::string_view::npos) {
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
      if (error != std::errc() || stop != end) prefix = -1;
    }
    if (!good || prefix < 0 || prefix > widest) {
      throw std::invalid_argument("\"" + text +
                                  "\" is no network; expected 192.0.2.0/24, 192.0.2.7 or 2001:db8::/32");
    }
    network.prefix = is_v4 ? prefix + 96 : prefix;
    networks_.push_back(network);
  }
}

bool AddressList::contains(std::string_view address) const {
  Bytes bytes{};
  bool is_v4 = false;
  if (!read(address, bytes, is_v4)) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    for (int bit = 0; bit < network.prefix; ++bit) {
      const int mask = 0x80 >> (bit % 8);
      const auto at = static_cast<std::size_t>(bit / 8);
      if ((bytes[at] & mask) != (network.address[at] & mask)) return false;
    }
    return true;
  });
}

}  // namespace scanner
