#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// A scan that could not be made (disk full, out of memory, libclamav's own error): the message gets 4xx.
struct ScanError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How libclamav is to take the bytes.
enum class ScanAs {
  file,  ///< type found by content
  /// As `file`, for bytes that stand just so in a message that is scanned whole as well: what a signature
  /// finds in bare bytes, it finds there.
  file_in_clear,
  message,  ///< a raw mail, by libclamav's own mail parser
  /// A raw mail each of whose parts is scanned by itself, and which every reader takes apart alike: its bytes
  /// alone, without libclamav's mail parser.
  mapped_message,
};

struct ScanOutcome {
  /// Names of what was found, in the order of libclamav, each once. Canary and heuristics that name no virus
  /// are not among them.
  std::vector<std::string> viruses;
  /// Why not everything was looked at: "Heuristics.Encrypted.Zip", "Heuristics.Limits.Exceeded.MaxFiles",
  /// "rar" ... Empty: fully scanned.
  std::vector<std::string> unscannable;

  /// For the scanner above libclamav alone (archive_scanner.h): files inside that it does not take apart as
  /// all programs do, and whether it came upon fewer members than some archive inside lists.
  std::vector<std::string> unread;
  bool missed = false;

  bool infected() const { return !viruses.empty(); }

  /// Unless it is known already, under libclamav's own name for the kind of file.
  void add_encrypted(const std::string& name) {
    for (const std::string& reason : unscannable) {
      if (reason.starts_with("Heuristics.Encrypted.")) return;
    }
    unscannable.push_back(name);
  }
};

/// The engine as the treatment of a message sees it; tests put a table of marker strings here.
class VirusScanner {
 public:
  virtual ~VirusScanner() = default;

  /// Scans bytes in memory. `file_name` helps libclamav (may be empty). Throws ScanError.
  virtual ScanOutcome scan(std::string_view bytes, ScanAs how, const std::string& file_name) = 0;

  /// "1.4.6/27500": engine and signature version, for X-Virus-Scanned.
  virtual std::string version() const = 0;
};

}  // namespace scanner
