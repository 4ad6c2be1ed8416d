#include "scanner/command/scan_report.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "mail/log.h"
#include "scanner/command/exit_status.h"

namespace scanner {

using nlohmann::json;

int status_of(Verdict verdict) {
  if (verdict == Verdict::error) return kExitTempFail;
  return verdict == Verdict::clean ? kExitOk : kExitChanged;
}

std::string json_report(const ScanResult& result, const ScannedWith& with, const std::string& file) {
  json parts = json::array();
  for (const PartReport& part : result.parts) {
    json entry = {{"path", part.path}, {"type", part.type}, {"name", part.name}, {"size", part.size}};
    if (!part.reading.empty()) entry["reading"] = part.reading;
    parts.push_back(std::move(entry));
  }
  json findings = json::array();
  for (const Finding& finding : result.findings) {
    findings.push_back({{"virus", finding.virus}, {"file", finding.file}, {"action", name(finding.action)}});
  }
  json all = {{"status", status_of(result.verdict)},
              {"verdict", name(result.verdict)},
              {"engine", with.engine},
              {"signatures", json::array()},
              {"parts", std::move(parts)},
              {"findings", std::move(findings)}};
  for (const std::filesystem::path& path : with.signatures.paths) all["signatures"].push_back(path.string());
  if (!result.unscannable.empty()) all["unscannable"] = result.unscannable;
  if (!result.reason.empty()) all["reason"] = result.reason;
  if (!file.empty()) all["file"] = file;
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

void print_findings(const ScanResult& result) {
  for (const Finding& finding : result.findings) {
    std::cerr << "virus=" << mail::log_value(finding.virus) << " file=" << mail::log_value(finding.file)
              << " action=" << name(finding.action) << '\n';
  }
  for (const std::string& reason : result.unscannable) {
    std::cerr << "unscannable=" << mail::log_value(reason) << '\n';
  }
  if (!result.reason.empty()) std::cerr << "reason=" << mail::log_value(result.reason) << '\n';
}

void print_choice(const SignatureSets& signatures) {
  if (signatures.chosen_by == "configured") return;
  std::cerr << "signatures=" << mail::log_value(signatures.chosen_by);
  for (const std::filesystem::path& path : signatures.paths)
    std::cerr << " path=" << mail::log_value(path.string());
  std::cerr << '\n';
}

}  // namespace scanner
