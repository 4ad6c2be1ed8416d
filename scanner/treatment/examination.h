#pragma once

#include <string>
#include <vector>

#include "mail/mime/mime_map.h"
#include "scanner/engine/virus_scanner.h"
#include "scanner/treatment/detections.h"
#include "scanner/verdict.h"

namespace scanner {

/// What a message was found to hold.
struct Examination {
  std::vector<Detection> detections;  ///< infected or unscannable places, in the order of the parts
  ScanOutcome whole;                  ///< of the raw message
  bool certain = true;                ///< the plain reading is the only one
  /// What makes readers differ, in words. Text behind the last part is no such thing: readers agree on it.
  std::vector<std::string> ambiguities;
  std::vector<PartReport> parts;
  std::vector<std::string> unscannable;  ///< all reasons, each once

  bool infected() const;
  bool ambiguous() const { return !ambiguities.empty(); }
};

/// Scans every part that a reader would show, in every reading, and the raw message. Throws ScanError.
Examination examine(const mail::MimeMap& map, VirusScanner& virus_scanner);

}  // namespace scanner
