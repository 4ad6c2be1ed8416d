#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mail {

/// Where mail goes next.
struct NextHopUrl {
  enum class Scheme { smtp, smtps, lmtp, maildir };
  Scheme scheme = Scheme::smtp;
  std::string host;        ///< name or address without brackets; "" for a path
  std::uint16_t port = 0;  ///< the scheme's own where none is given: 25, 465, 24
  std::string path;        ///< of a Unix socket (lmtp) or a Maildir
};

/// Reads `smtp://HOST[:PORT]`, `smtps://HOST[:PORT]`, `lmtp://HOST[:PORT]`, `lmtp:/SOCKET` or `maildir:PATH`.
/// An IPv6 address stands in brackets. Throws std::invalid_argument with what is wrong and what is expected.
NextHopUrl parse_next_hop_url(std::string_view url);

}  // namespace mail
