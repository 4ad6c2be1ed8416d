#pragma once

#include "scanner/command/command.h"

namespace scanner {

/// `scan --batch`. A file that can't be read, or whose result can't be written, has a line of its own with
/// status 75 and holds up no other.
int scan_batch(const ScanOptions& options, const Settings& settings);

}  // namespace scanner
