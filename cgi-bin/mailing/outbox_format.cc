#include "cgi-bin/mailing/outbox_format.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "mail/compose/encoded_word.h"

namespace formmail {

namespace {

using std::chrono::system_clock;

constexpr std::string_view kFirstLine = "sekisho-outbox 1\n";

std::string line(std::string_view key, std::string_view value) {
  return std::string(key) + ": " + mail::one_line(value) + "\n";
}

std::string seconds(system_clock::time_point time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

long long number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // More seconds than a system_clock counts.
  constexpr long long kMost = 9000000000;
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > kMost)
    throw NotAnEntry("number");
  return value;
}

system_clock::time_point time_of(std::string_view text) {
  return system_clock::time_point(std::chrono::seconds(number(text)));
}

mail::Address address(std::string_view text) {
  auto parsed = mail::Address::parse(text);
  if (!parsed) throw NotAnEntry("address");
  return *std::move(parsed);
}

void set(OutboxEntry& entry, std::string_view key, std::string_view value) {
  if (key == "site") entry.site = value;
  if (key == "profile") entry.profile = value;
  if (key == "from" && !value.empty()) entry.envelope.sender = address(value);
  if (key == "to") entry.envelope.recipients.push_back(address(value));
  if (key == "smtputf8") entry.envelope.needs_smtputf8 = value == "1";
  if (key == "submitted") entry.submitted = time_of(value);
  if (key == "next-attempt") entry.next_attempt = time_of(value);
  if (key == "attempts") entry.attempts = static_cast<int>(std::min(number(value), 1000000LL));
  if (key == "reason") entry.reason = value;
}

}  // namespace

std::string envelope_lines(const OutboxEntry& entry) {
  std::string lines(kFirstLine);
  lines += line("site", entry.site) + line("profile", entry.profile);
  lines += line("from", entry.envelope.sender ? entry.envelope.sender->spec() : "");
  for (const mail::Address& recipient : entry.envelope.recipients) lines += line("to", recipient.spec());
  lines += line("smtputf8", entry.envelope.needs_smtputf8 ? "1" : "0");
  lines += line("submitted", seconds(entry.submitted)) + line("next-attempt", seconds(entry.next_attempt));
  lines += line("attempts", std::to_string(entry.attempts)) + line("reason", entry.reason);
  return lines + "\n";
}

std::optional<system_clock::time_point> time_submitted(std::string_view head) {
  constexpr std::string_view kLine = "\nsubmitted: ";
  const std::size_t line = head.find(kLine);  // no value before it holds a line end
  if (!head.starts_with(kFirstLine) || line == std::string_view::npos) return std::nullopt;
  head.remove_prefix(line + kLine.size());
  const std::size_t end = head.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  return time_of(head.substr(0, end));
}

OutboxEntry parse_entry(std::string_view file) {
  if (!file.starts_with(kFirstLine)) throw NotAnEntry("another first line");
  file.remove_prefix(kFirstLine.size());
  OutboxEntry entry;
  for (;;) {
    const std::size_t end = file.find('\n');
    if (end == std::string_view::npos) throw NotAnEntry("cut off");
    const std::string_view text = file.substr(0, end);
    file.remove_prefix(end + 1);
    if (text.empty()) break;
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos) throw NotAnEntry("line without colon");
    set(entry, text.substr(0, colon), text.substr(colon + 2));
  }
  if (entry.envelope.recipients.empty()) throw NotAnEntry("no recipient");
  entry.message = file;
  return entry;
}

std::optional<std::size_t> place_of_recipient(std::string_view file, const mail::Address& recipient) {
  const std::size_t place = file.substr(0, file.find("\n\n") + 1).find("\n" + line("to", recipient.spec()));
  if (place == std::string_view::npos) return std::nullopt;
  return place + 1;
}

}  // namespace formmail
