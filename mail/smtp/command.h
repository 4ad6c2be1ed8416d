#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

/// A command line without its CRLF (RFC 5321, 4.1.1). Views into the line.
struct SmtpCommand {
  std::string verb;           ///< upper case
  std::string_view argument;  ///< without the blanks around it
};

SmtpCommand parse_smtp_command(std::string_view line);

/// `KEYWORD` or `KEYWORD=value` of MAIL, RCPT, XFORWARD and XCLIENT.
struct SmtpParameter {
  std::string keyword;     ///< upper case
  std::string_view value;  ///< "" if there is none
  std::string_view word;   ///< all of it, as it stands in the line
};

/// Blank-separated parameters. Nothing for one without a keyword.
std::optional<std::vector<SmtpParameter>> parse_smtp_parameters(std::string_view text);

/// What MAIL and RCPT say.
struct SmtpPath {
  std::string_view address;  ///< between < and >; "" the null sender
  std::vector<SmtpParameter> parameters;

  /// The first of that name (upper case), or nothing.
  const SmtpParameter* find(std::string_view keyword) const;
};

/// Reads `FROM:<address> parameters`; `word` is "FROM:" or "TO:". As lenient as mail servers are: blanks
/// behind the colon and an address without brackets pass. Whether the address is good, the next hop decides.
std::optional<SmtpPath> parse_smtp_path(std::string_view argument, std::string_view word);

/// A line with MAIL or RCPT, without each parameter of that name (upper case).
std::string without_smtp_parameter(std::string_view line, std::string_view keyword);

/// An unsigned decimal number, nothing else, of at most 20 digits (RFC 1870, 3).
std::optional<std::uint64_t> parse_smtp_number(std::string_view text);

std::string to_upper_ascii(std::string_view text);

}  // namespace mail
