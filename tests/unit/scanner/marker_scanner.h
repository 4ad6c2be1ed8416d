#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scanner/engine/virus_scanner.h"

/// Finds marker strings in the bytes as they are: no unpacking, no decoding, so that only what the treatment
/// itself decodes is found.
class MarkerScanner : public scanner::VirusScanner {
 public:
  std::map<std::string, std::string> viruses = {{"EVIL-MARKER", "Test.Evil"}, {"WORSE-MARKER", "Test.Worse"}};
  std::map<std::string, std::string> unscannable = {{"LOCKED-MARKER", "Heuristics.Encrypted.Zip"}};
  std::size_t scanned_bytes = 0;

  scanner::ScanOutcome scan(std::string_view bytes, scanner::ScanAs, const std::string&) override {
    scanned_bytes += bytes.size();
    scanner::ScanOutcome outcome;
    for (const auto& [marker, name] : viruses) {
      if (bytes.find(marker) != std::string_view::npos) outcome.viruses.push_back(name);
    }
    for (const auto& [marker, name] : unscannable) {
      if (bytes.find(marker) != std::string_view::npos) outcome.unscannable.push_back(name);
    }
    return outcome;
  }
  std::string version() const override { return "1.4.6/27500"; }
};
