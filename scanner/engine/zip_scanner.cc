#include "scanner/engine/zip_scanner.h"

#include <algorithm>

#include "scanner/engine/zip_readings.h"
#include "scanner/engine/zip_records.h"

namespace scanner {

namespace {

void add_each_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }
}

}  // namespace

ScanOutcome ZipScanner::scan(std::string_view bytes, ScanAs how, const std::string& file_name) {
  ScanOutcome outcome = scanner_->scan(bytes, how, file_name);
  // A message's parts are scanned each by itself.
  const bool is_message = how == ScanAs::message || how == ScanAs::mapped_message;
  if (!is_message && !outcome.infected()) scan_members(bytes, 0, outcome);
  return outcome;
}

void ZipScanner::scan_members(std::string_view bytes, int depth, ScanOutcome& outcome) {
  constexpr int kDeepest = 4;
  if (bytes.find(zip::kLocalHeader) == std::string_view::npos || is_plain_zip(bytes)) return;
  if (depth == kDeepest) {
    add_each_once(outcome.unscannable, {"Zip.Limits.Depth"});
    return;
  }
  const ZipReading reading = for_each_zip_member(bytes, [&](std::string_view member) {
    ScanOutcome inner = scanner_->scan(member, ScanAs::file, "");
    if (!inner.infected()) scan_members(member, depth + 1, inner);
    add_each_once(outcome.viruses, inner.viruses);
    add_each_once(outcome.unscannable, inner.unscannable);
  });
  if (!reading.complete) add_each_once(outcome.unscannable, {"Zip.Limits"});
  if (reading.unknown_method) add_each_once(outcome.unscannable, {"Zip.Method"});
  if (reading.encrypted) add_each_once(outcome.unscannable, {"Heuristics.Encrypted.Zip"});
}

}  // namespace scanner
