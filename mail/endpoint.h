#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// "HOST:PORT" as `listen` and --listen write it; an IPv6 address stands in brackets.
struct Endpoint {
  std::string host;  ///< without brackets; "" or "*": every address
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Nothing where `text` has not this form.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace mail
