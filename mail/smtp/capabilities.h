#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mail/smtp/reply.h"

namespace mail {

/// What a server offers in its reply to EHLO or LHLO.
class SmtpCapabilities {
 public:
  SmtpCapabilities() = default;
  /// Reads the lines behind the first, which is the server's greeting.
  explicit SmtpCapabilities(const SmtpReply& reply);

  void add(std::string_view keyword, std::string_view parameters = "");

  /// Keywords are upper case: "8BITMIME".
  bool has(std::string_view keyword) const { return keywords_.find(keyword) != keywords_.end(); }
  /// What stands behind the keyword; "" if nothing does or it is not offered.
  std::string_view parameters(std::string_view keyword) const;
  /// The limit that SIZE tells (RFC 1870); nothing if there is none, or it is 0 (no fixed limit).
  std::optional<std::uint64_t> size_limit() const;

 private:
  std::map<std::string, std::string, std::less<>> keywords_;
};

}  // namespace mail
