#pragma once

#include <string>

#include "scanner/engine/virus_scanner.h"

struct cl_engine;

namespace scanner {

/// VirusScanner over a compiled libclamav engine, which must outlive it.
class ClamScanner : public VirusScanner {
 public:
  /// `always_parse_mail`: ScanAs::mapped_message is no way out (see mail_signatures.h).
  ClamScanner(const cl_engine* engine, std::string version, bool always_parse_mail)
      : engine_(engine), version_(std::move(version)), always_parse_mail_(always_parse_mail) {}

  ScanOutcome scan(std::string_view bytes, ScanAs how, const std::string& file_name) override;
  std::string version() const override { return version_; }

 private:
  const cl_engine* engine_;
  std::string version_;
  bool always_parse_mail_;
};

/// To be called once, before the engine is compiled: what ClamScanner learns, it learns through callbacks.
void set_scan_callbacks(cl_engine* engine);

bool finds_canary(const cl_engine* engine);

}  // namespace scanner
