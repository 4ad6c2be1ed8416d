#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// One mail address that SMTP can carry: an RFC 5322 addr-spec without comments and folding white space, in
/// RFC 5321's lengths. Nothing that a parser could take for a second address, a route or a line end.
class Address {
 public:
  /// Reads an address as a person types it, in UTF-8. Accepted: dot-atoms and quoted strings; the local parts
  /// with doubled, leading and trailing dots that Japanese mobile carriers once gave out; UTF-8 local parts
  /// (RFC 6531); internationalised domains, turned into A-labels (UTS #46). Refused, with nothing: all else;
  /// among it domain literals, a domain whose last label is a number, blanks around the address.
  static std::optional<Address> parse(std::string_view text);

  /// Without quotes and backslashes.
  const std::string& local() const { return local_; }
  /// A-labels; ASCII letters as they were typed.
  const std::string& domain() const { return domain_; }
  /// As it stands in a header field and in an SMTP path: the local part quoted if it must be.
  std::string spec() const;
  /// Whether it can be carried only with SMTPUTF8.
  bool needs_smtputf8() const;
  /// The same mailbox, as far as that can be known from outside: letters' case doesn't count.
  bool same_mailbox(const Address& other) const;

 private:
  Address(std::string local, std::string domain) : local_(std::move(local)), domain_(std::move(domain)) {}
  std::string local_;
  std::string domain_;
};

/// A domain name in A-labels, as DNS and RFC 5321 allow it: labels of letters, digits and inner hyphens, 63
/// octets a label, 253 in all. Nothing for what is none.
std::optional<std::string> ascii_domain(std::string_view utf8);

}  // namespace mail
