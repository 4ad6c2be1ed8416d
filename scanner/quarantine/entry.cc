#include "scanner/quarantine/entry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "mail/utf8.h"

namespace scanner {

namespace {

using nlohmann::json;

json bytes_to_json(const std::string& bytes) {
  if (mail::is_utf8(bytes)) return bytes;
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) hex += {digits[byte >> 4], digits[byte & 15]};
  return {{"hex", hex}};
}

std::string bytes_of_json(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  const auto hex = value.at("hex").get<std::string>();
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

json list_to_json(const auto& texts) {
  json list = json::array();
  for (const std::string& text : texts) list.push_back(bytes_to_json(text));
  return list;
}

std::vector<std::string> list_of_json(const json& list) {
  std::vector<std::string> texts;
  for (const json& text : list) texts.push_back(bytes_of_json(text));
  return texts;
}

json findings_to_json(const std::vector<Finding>& findings) {
  json list = json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"virus", bytes_to_json(finding.virus)},
                    {"file", bytes_to_json(finding.file)},
                    {"action", name(finding.action)}});
  }
  return list;
}

std::vector<Finding> findings_of_json(const json& list) {
  std::vector<Finding> findings;
  for (const json& item : list) {
    const bool cleaned = item.at("action").get<std::string>() == name(Action::clean);
    findings.push_back({bytes_of_json(item.at("virus")), bytes_of_json(item.at("file")),
                        cleaned ? Action::clean : Action::remove});
  }
  return findings;
}

Verdict verdict_of(const std::string& word) {
  for (int i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (name(verdict) == word) return verdict;
  }
  throw std::runtime_error("unknown verdict");
}

}  // namespace

bool QuarantineEntry::fully_released() const {
  return std::all_of(envelope.recipients.begin(), envelope.recipients.end(),
                     [&](const std::string& recipient) { return released.contains(recipient); });
}

json to_json(const QuarantineEntry& entry) {
  return {{"id", entry.id},
          {"time", utc_time(entry.time)},
          {"seconds", entry.time},
          {"size", entry.size},
          {"verdict", name(entry.verdict)},
          {"set_aside", entry.set_aside},
          {"findings", findings_to_json(entry.findings)},
          {"unscannable", list_to_json(entry.unscannable)},
          {"reason", bytes_to_json(entry.reason)},
          {"log_id", bytes_to_json(entry.log_id)},
          {"client", bytes_to_json(entry.envelope.client)},
          {"helo", bytes_to_json(entry.envelope.helo)},
          {"sender", bytes_to_json(entry.envelope.sender)},
          {"recipients", list_to_json(entry.envelope.recipients)},
          {"mail_command", bytes_to_json(entry.envelope.mail_command)},
          {"recipient_commands", list_to_json(entry.envelope.recipient_commands)},
          {"released", list_to_json(entry.released)}};
}

QuarantineEntry entry_of_json(const json& json) {
  try {
    QuarantineEntry entry;
    entry.id = json.at("id").get<std::string>();
    entry.time = json.at("seconds").get<std::int64_t>();
    entry.size = json.at("size").get<std::uint64_t>();
    entry.verdict = verdict_of(json.at("verdict").get<std::string>());
    entry.set_aside = json.at("set_aside").get<bool>();
    entry.findings = findings_of_json(json.at("findings"));
    entry.unscannable = list_of_json(json.at("unscannable"));
    entry.reason = bytes_of_json(json.at("reason"));
    entry.log_id = bytes_of_json(json.at("log_id"));
    entry.envelope.client = bytes_of_json(json.at("client"));
    entry.envelope.helo = bytes_of_json(json.at("helo"));
    entry.envelope.sender = bytes_of_json(json.at("sender"));
    entry.envelope.recipients = list_of_json(json.at("recipients"));
    entry.envelope.mail_command = bytes_of_json(json.at("mail_command"));
    entry.envelope.recipient_commands = list_of_json(json.at("recipient_commands"));
    for (std::string& recipient : list_of_json(json.at("released"))) {
      entry.released.insert(std::move(recipient));
    }
    if (entry.envelope.recipients.size() != entry.envelope.recipient_commands.size()) {
      throw std::runtime_error("recipients and recipient_commands differ in number");
    }
    return entry;
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(error.what());
  }
}

std::string utc_time(std::int64_t seconds_since_1970) {
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&time, &parts) == nullptr) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace scanner
