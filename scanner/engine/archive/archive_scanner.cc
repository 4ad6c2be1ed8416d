#include "scanner/engine/archive/archive_scanner.h"

#include <algorithm>
#include <utility>

#include "scanner/engine/archive/archive_readings.h"
#include "scanner/engine/archive/packed_stream.h"
#include "scanner/engine/archive/zip_readings.h"
#include "scanner/engine/archive/zip_records.h"

namespace scanner {

namespace {

/// Of archives that only this scanner opens, one in the other.
constexpr int kDeepest = 4;

void add_each_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }
}

/// A 7z lists its members at its end. Where that is cut off, no program can tell where one begins.
bool is_cut_7z(std::string_view bytes) {
  constexpr std::size_t kHeader = 32;
  if (!bytes.starts_with("7z\xbc\xaf\x27\x1c")) return false;
  if (bytes.size() < kHeader) return true;
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
  };
  const std::uint64_t left = bytes.size() - kHeader;
  const std::uint64_t offset = number(12);
  return offset > left || number(20) > left - offset;
}

bool is_bent_zip(std::string_view bytes) {
  return bytes.find(zip::kLocalHeader) != std::string_view::npos && !is_plain_zip(bytes);
}

}  // namespace

ScanOutcome ArchiveScanner::scan(std::string_view bytes, ScanAs how, const std::string& file_name) {
  MemberBudget budget;
  return scan_file(bytes, how, file_name, 0, budget);
}

ScanOutcome ArchiveScanner::scan_file(std::string_view bytes, ScanAs how, const std::string& file_name,
                                      int depth, MemberBudget& budget) {
  ScanOutcome outcome = scanner_->scan(bytes, how, file_name);
  const std::vector<std::string> unread = std::exchange(outcome.unread, {});
  const bool missed = std::exchange(outcome.missed, false);
  // A message's parts are scanned each by itself.
  const bool is_message = how == ScanAs::message || how == ScanAs::mapped_message;
  if (is_message || outcome.infected()) return outcome;
  scan_members(bytes, missed, depth, budget, outcome);
  for (const std::string& inner : unread) scan_members(inner, true, depth, budget, outcome);
  return outcome;
}

/// `missed`: the scanner below has not come upon all that is listed in these bytes, or deeper in them.
void ArchiveScanner::scan_members(std::string_view bytes, bool missed, int depth, MemberBudget& budget,
                                  ScanOutcome& outcome) {
  const ArchiveKind kind = archive_kind(bytes);
  const bool bent_zip = kind == ArchiveKind::other && is_bent_zip(bytes);
  const bool zip = bent_zip || (kind == ArchiveKind::other && bytes.starts_with(zip::kLocalHeader));
  const bool wanted =
      bent_zip || kind == ArchiveKind::unread || (missed && (zip || kind == ArchiveKind::listed));
  if (!wanted || is_cut_7z(bytes)) return;
  if (depth == kDeepest) return add_each_once(outcome.unscannable, {"Archive.Limits.Depth"});
  const auto scan_member = [&](std::string_view member) {
    const ScanOutcome inner = scan_file(member, ScanAs::file, "", depth + 1, budget);
    add_each_once(outcome.viruses, inner.viruses);
    add_each_once(outcome.unscannable, inner.unscannable);
  };
  if (is_packed_stream(bytes)) {
    const UnpackedStream unpacked = unpack_stream(bytes, budget.bytes);
    budget.bytes -= std::min<std::uint64_t>(unpacked.bytes.size(), budget.bytes);
    if (unpacked.too_large) add_each_once(outcome.unscannable, {"Archive.Limits.Size"});
    if (!unpacked.bytes.empty()) scan_member(unpacked.bytes);
    return;
  }
  const MemberReading reading = zip ? for_each_zip_member(bytes, scan_member, budget)
                                    : for_each_archive_member(bytes, scan_member, budget);
  if (reading.too_large) add_each_once(outcome.unscannable, {"Archive.Limits.Size"});
  if (reading.too_many) add_each_once(outcome.unscannable, {"Archive.Limits.Members"});
  if (reading.unknown_method) add_each_once(outcome.unscannable, {"Archive.Method"});
  if (reading.encrypted)
    outcome.add_encrypted(zip ? "Heuristics.Encrypted.Zip" : "Heuristics.Encrypted.Archive");
}

}  // namespace scanner
