#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scanner/settings.h"

namespace scanner {

/// Options that several commands share. What is given here stands in place of the configuration's.
struct CommonOptions {
  std::filesystem::path config;  ///< "": defaults
  std::vector<std::filesystem::path> databases;
  std::vector<std::string> listen;
  std::string next_hop;
  std::optional<int> workers;
};

/// The configuration with the options laid over it. Throws mail::ConfigError or UsageError.
Settings settings_of(const CommonOptions& options);

/// `scanrelay check-config FILE`.
int run_check_config(const std::filesystem::path& file);

/// `scanrelay serve`.
int run_serve(const CommonOptions& options);

struct ScanOptions {
  CommonOptions common;
  bool as_json = false;
  std::filesystem::path file;    ///< "-": standard input
  std::filesystem::path batch;   ///< a folder, in place of `file`
  std::filesystem::path output;  ///< "": no results are written
};

/// `scanrelay scan`: one message to standard output, or a folder of them.
int run_scan(const ScanOptions& options);

}  // namespace scanner
