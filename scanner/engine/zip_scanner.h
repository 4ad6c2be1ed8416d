#pragma once

#include <memory>
#include <string>

#include "scanner/engine/virus_scanner.h"

namespace scanner {

/// Scans with another scanner, and where that finds no virus in bytes that hold a zip archive which is not
/// plain, scans all that any program may unpack from it. A plain archive costs nothing more.
class ZipScanner : public VirusScanner {
 public:
  explicit ZipScanner(std::unique_ptr<VirusScanner> scanner) : scanner_(std::move(scanner)) {}

  ScanOutcome scan(std::string_view bytes, ScanAs how, const std::string& file_name) override;
  std::string version() const override { return scanner_->version(); }

 private:
  void scan_members(std::string_view bytes, int depth, ScanOutcome& outcome);

  std::unique_ptr<VirusScanner> scanner_;
};

}  // namespace scanner
