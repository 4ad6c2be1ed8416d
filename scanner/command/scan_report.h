#pragma once

#include <string>

#include "scanner/channel/messages.h"
#include "scanner/engine/signature_sets.h"

namespace scanner {

/// What `scan` exits with after a message of this verdict.
int status_of(Verdict verdict);

/// What a message was scanned with. Empty where the engine did not come that far.
struct ScannedWith {
  std::string engine;  ///< "1.4.6/27500"
  SignatureSets signatures;
};

/// One line of JSON, its line end left out. `file` stands in it unless it is "".
std::string json_report(const ScanResult& result, const ScannedWith& with, const std::string& file = "");

/// For people, a line each, to standard error.
void print_findings(const ScanResult& result);

/// Says which signatures are used, where nobody named them.
void print_choice(const SignatureSets& signatures);

}  // namespace scanner
