#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/engine/virus_scanner.h"

namespace scanner {

/// Our own count of what libclamav goes through in one file: the file itself, its members, their members. It
/// passes over some without a word (archive_readings.h).
class LayerCount {
 public:
  /// A file that it is about to scan; `level` 0 is the outermost. The bytes live during the call only.
  void add(std::string_view bytes, int level);

  /// Adds to `outcome` what was beyond a limit, what has to be unpacked elsewhere, and whether members were
  /// missed.
  void report(ScanOutcome& outcome);

 private:
  void expect(const std::vector<std::uint64_t>& sizes);
  void keep(std::vector<std::string>& list, std::string_view bytes);
  bool missed() const;

  int files_ = 0;
  int deepest_ = 0;
  std::uint64_t bytes_ = 0;
  bool encrypted_ = false;
  bool incomplete_ = false;
  std::map<std::uint64_t, int> balance_;  ///< by size: files come upon, less those that archives list
  std::uint64_t kept_bytes_ = 0;
  std::vector<std::string> unread_;  ///< archives inside that libclamav does not know
  std::vector<std::string> listed_;  ///< those whose members it may have missed
};

}  // namespace scanner
