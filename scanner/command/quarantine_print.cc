#include <algorithm>
#include <iomanip>
#include <ostream>

#include "mail/log.h"
#include "mail/utf8.h"
#include "scanner/command/quarantine.h"

namespace scanner {

namespace {

using Row = std::vector<std::string>;

/// "a, b": each escaped where it must be, cut to `most` with a count of the rest.
std::string joined(const std::vector<std::string>& texts, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == most) return line + " +" + std::to_string(texts.size() - most);
    line += (i == 0 ? "" : " ") + mail::log_value(texts[i]);
  }
  return line;
}

std::vector<std::string> viruses(const QuarantineEntry& entry) {
  std::vector<std::string> names;
  names.reserve(entry.findings.size());
  for (const Finding& finding : entry.findings) names.push_back(finding.virus);
  return names;
}

/// What became of the message: the verdict, or that it waits for someone to look at it.
std::string state(const QuarantineEntry& entry) {
  std::string text(entry.set_aside ? "set-aside" : name(entry.verdict));
  if (!entry.released.empty()) text += entry.fully_released() ? ",released" : ",partly-released";
  return text;
}

std::string why(const QuarantineEntry& entry) {
  if (!entry.findings.empty()) return joined(viruses(entry), 2);
  if (!entry.unscannable.empty()) return joined(entry.unscannable, 2);
  return mail::log_value(entry.reason);
}

void print_table(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], mail::utf8_length(row[i]));
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - mail::utf8_length(row[i]) + 2, ' ');
    }
    out << '\n';
  }
}

}  // namespace

void print_quarantine(std::ostream& out, const std::vector<QuarantineEntry>& entries) {
  std::vector<Row> rows = {{"ID", "TIME", "STATE", "BYTES", "FROM", "TO", "WHY"}};
  for (const QuarantineEntry& entry : entries) {
    rows.push_back({entry.id, utc_time(entry.time), state(entry), std::to_string(entry.size),
                    mail::log_value(entry.envelope.sender), joined(entry.envelope.recipients, 2),
                    why(entry)});
  }
  print_table(out, rows);
}

void print_quarantine_entry(std::ostream& out, const QuarantineEntry& entry) {
  std::vector<Row> rows = {{"id", entry.id},
                           {"time", utc_time(entry.time)},
                           {"state", state(entry)},
                           {"bytes", std::to_string(entry.size)},
                           {"log id", mail::log_value(entry.log_id)},
                           {"client", mail::log_value(entry.envelope.client)},
                           {"helo", mail::log_value(entry.envelope.helo)},
                           {"from", mail::log_value(entry.envelope.sender)}};
  for (const std::string& recipient : entry.envelope.recipients) {
    rows.push_back(
        {"to", mail::log_value(recipient) + (entry.released.contains(recipient) ? " (released)" : "")});
  }
  for (const Finding& finding : entry.findings) {
    rows.push_back({"finding", mail::log_value(finding.virus) + " in " + mail::log_value(finding.file) +
                                   ", " + std::string(name(finding.action))});
  }
  for (const std::string& reason : entry.unscannable)
    rows.push_back({"unscannable", mail::log_value(reason)});
  if (!entry.reason.empty()) rows.push_back({"reason", mail::log_value(entry.reason)});
  print_table(out, rows);
}

}  // namespace scanner
