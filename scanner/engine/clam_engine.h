#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "scanner/engine/signature_sets.h"
#include "scanner/engine/virus_scanner.h"

struct cl_engine;

namespace scanner {

/// Signatures that can't be loaded, or an engine that does not find what it must.
struct EngineError : std::runtime_error {
  explicit EngineError(const std::string& text, bool is_temporary = false)
      : std::runtime_error(text), temporary(is_temporary) {}
  bool temporary;  ///< no memory, no room on the disk: the signatures may be good
};

/// libclamav with its signatures loaded and compiled. Processes forked from the one that loaded it share its
/// memory; each must first take its own temporary folder (use_temporary_folder): libclamav's names for
/// temporary files repeat in every fork, and siblings in one folder delete each other's files and then report
/// "clean".
class ClamEngine {
 public:
  /// Loads. `temporary_folder` must exist. Throws EngineError with one line; also if no signature was loaded
  /// or the canary, a signature of our own, is not found.
  ClamEngine(const SignatureSets& sets, const std::filesystem::path& temporary_folder);
  ~ClamEngine();
  ClamEngine(const ClamEngine&) = delete;
  ClamEngine& operator=(const ClamEngine&) = delete;

  void use_temporary_folder(const std::filesystem::path& folder);

  std::uint32_t signatures() const { return signatures_; }
  /// Seconds since 1970; 0 where no set says when it was made.
  std::int64_t built() const;
  /// "1.4.6/27500".
  std::string version() const;

  /// Scans with this engine, which must outlive it. One at a time in a process.
  std::unique_ptr<VirusScanner> scanner() const;

 private:
  struct Free {
    void operator()(cl_engine* engine) const;
  };
  std::unique_ptr<cl_engine, Free> engine_;
  std::uint32_t signatures_ = 0;
  bool mail_bound_signatures_ = false;
};

}  // namespace scanner
