#include "scanner/engine/signature_sets.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemFolder = "/var/lib/clamav";

/// What libclamav loads signatures from. Its lists of exceptions (.ign2, .fp, .sfp ...) are left out: alone
/// they find nothing.
bool is_signature_file(const fs::path& file) {
  static constexpr std::array<std::string_view, 25> kSuffixes = {
      ".cvd", ".cld", ".cud", ".hdb", ".hsb", ".hdu", ".hsu", ".mdb", ".msb", ".mdu", ".msu",  ".ndb", ".ndu",
      ".ldb", ".ldu", ".sdb", ".idb", ".cdb", ".cbc", ".db",  ".pdb", ".wdb", ".yar", ".yara", ".imp"};
  return std::find(kSuffixes.begin(), kSuffixes.end(), file.extension().string()) != kSuffixes.end();
}

bool has_signatures(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (is_signature_file(entry.path())) return true;
  }
  return false;
}

void check(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw UsageError("signatures: " + path.string() + " does not exist");
  if (::access(path.c_str(), R_OK) != 0) throw UsageError("signatures: " + path.string() + " can't be read");
  if (fs::is_directory(status) && !has_signatures(path)) {
    throw UsageError("signatures: no signature file in " + path.string() +
                     "; run freshclam, or name a folder that has .cvd, .ndb ... files");
  }
  if (!fs::is_directory(status) && !is_signature_file(path)) {
    throw UsageError("signatures: " + path.string() + " is no signature file (.cvd, .ndb ...)");
  }
}

/// Installed, PREFIX/bin and PREFIX/share/sekisho/signatures; in a build tree the set lies beside the
/// program.
fs::path built_in_set() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& set : {folder / "signatures", folder.parent_path() / "share/sekisho/signatures"}) {
    if (has_signatures(set)) return set;
  }
  throw UsageError("no signatures: neither in " + std::string(kSystemFolder) +
                   " nor beside the program; run " + "freshclam, or name a folder with --database");
}

void append(std::string& out, const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return;
  out += file.string() + ' ' + std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
         std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + '\n';
}

}  // namespace

SignatureSets find_signature_sets(const std::vector<fs::path>& configured) {
  if (!configured.empty()) {
    for (const fs::path& path : configured) check(path);
    return {configured, "configured", false};
  }
  if (has_signatures(kSystemFolder)) return {{kSystemFolder}, "system", false};
  return {{built_in_set()}, "built-in test set", true};
}

std::string fingerprint(const SignatureSets& sets) {
  std::string all;
  for (const fs::path& path : sets.paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      append(all, path);
      continue;
    }
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      if (!entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) append(all, file);
  }
  return all;
}

}  // namespace scanner
