#pragma once

#include <memory>
#include <string>

#include "scanner/engine/archive/member_reading.h"
#include "scanner/engine/virus_scanner.h"

namespace scanner {

/// Scans with another scanner, libclamav's; and where that finds no virus in bytes that it does not take
/// apart as other programs do (zip_readings.h, archive_readings.h), each member that these could unpack from
/// it.
class ArchiveScanner : public VirusScanner {
 public:
  explicit ArchiveScanner(std::unique_ptr<VirusScanner> scanner) : scanner_(std::move(scanner)) {}

  ScanOutcome scan(std::string_view bytes, ScanAs how, const std::string& file_name) override;
  std::string version() const override { return scanner_->version(); }

 private:
  ScanOutcome scan_file(std::string_view bytes, ScanAs how, const std::string& file_name, int depth,
                        MemberBudget& budget);
  void scan_members(std::string_view bytes, bool missed, int depth, MemberBudget& budget,
                    ScanOutcome& outcome);

  std::unique_ptr<VirusScanner> scanner_;
};

}  // namespace scanner
