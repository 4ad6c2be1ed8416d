#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace scanner {

/// Where an engine loads its signatures from.
struct SignatureSets {
  std::vector<std::filesystem::path> paths;  ///< folders or single files
  std::string chosen_by;                     ///< "configured", "system", "built-in test set": for the log
  bool is_test_set = false;                  ///< the small set that comes with the program
};

/// `configured`; if empty /var/lib/clamav where that has signatures; else the small set that comes with the
/// program (EICAR and the ClamAV test file). Throws UsageError on a path that is missing, can't be read, or
/// holds no signature file.
SignatureSets find_signature_sets(const std::vector<std::filesystem::path>& configured);

/// Changes when a file of the sets is replaced, added or removed: names, sizes, times and inodes.
std::string fingerprint(const SignatureSets& sets);

}  // namespace scanner
