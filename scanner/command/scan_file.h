#pragma once

#include <filesystem>

#include "mail/file_descriptor.h"
#include "scanner/channel/messages.h"
#include "scanner/edited_message.h"

namespace scanner {

/// The whole of `file` ("-": standard input) as a sealed memfd. Throws UsageError if it can't be read or is
/// longer than ScanRun takes, std::system_error for want of memory.
mail::FileDescriptor read_message(const std::filesystem::path& file);

/// The message as the worker's answer has it; takes from `result` what it needs. A worker is believed only so
/// far as it can be: with an answer that does not fit the message, `result` becomes an error.
EditedMessage edited(const mail::FileDescriptor& original, ScanResult& result);

/// Whether there is something to write after a scan.
bool has_message(const ScanResult& result);

}  // namespace scanner
