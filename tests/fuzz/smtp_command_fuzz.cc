// Needs: mail/smtp/command.cc
#include "mail/smtp/command.h"

#include "tests/fuzz/fuzz.h"

/// A command line of any bytes: views stay inside it, and a parameter that is taken out is gone.
void fuzz(std::string_view input) {
  const auto inside = [&](std::string_view part) {
    return part.empty() ||
           (part.data() >= input.data() && part.data() + part.size() <= input.data() + input.size());
  };
  const mail::SmtpCommand command = mail::parse_smtp_command(input);
  must(inside(command.argument));
  for (const std::string_view word : {"FROM:", "TO:"}) {
    const auto path = mail::parse_smtp_path(command.argument, word);
    if (!path) continue;
    must(inside(path->address));
    for (const mail::SmtpParameter& parameter : path->parameters)
      must(inside(parameter.value) && !parameter.keyword.empty());
    const std::string without = mail::without_smtp_parameter(input, "SIZE");
    must(without.size() <= input.size());
    const auto again = mail::parse_smtp_path(mail::parse_smtp_command(without).argument, word);
    must(again && again->address == path->address && again->find("SIZE") == nullptr);
  }
}
