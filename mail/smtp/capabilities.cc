#include "mail/smtp/capabilities.h"

#include "mail/smtp/command.h"

namespace mail {

SmtpCapabilities::SmtpCapabilities(const SmtpReply& reply) {
  bool greeting = true;
  for (const std::string_view line : reply.lines()) {
    const SmtpCommand extension = parse_smtp_command(line);
    if (!greeting && !extension.verb.empty()) keywords_.emplace(extension.verb, extension.argument);
    greeting = false;
  }
}

void SmtpCapabilities::add(std::string_view keyword, std::string_view parameters) {
  keywords_.emplace(keyword, parameters);
}

std::string_view SmtpCapabilities::parameters(std::string_view keyword) const {
  const auto found = keywords_.find(keyword);
  return found == keywords_.end() ? std::string_view() : found->second;
}

std::optional<std::uint64_t> SmtpCapabilities::size_limit() const {
  const std::optional<std::uint64_t> limit = parse_smtp_number(parameters("SIZE"));
  return limit == 0 ? std::nullopt : limit;
}

}  // namespace mail
