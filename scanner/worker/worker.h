#pragma once

#include <cstdint>
#include <filesystem>

#include "scanner/channel/channel.h"
#include "scanner/engine/virus_scanner.h"
#include "scanner/treatment/treatment.h"

namespace scanner {

/// What a worker is to keep to.
struct WorkerSettings {
  std::filesystem::path temporary_folder;
  int timeout_seconds = 30;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::uint64_t most_message_bytes = std::uint64_t{1} << 30;
  TreatmentSettings treatment;
};

/// The worker's process: one message at a time from `client`, until that end is closed.
///
/// SECURITY: this process parses what strangers send, and is the only one that does. It is jailed (jail.h)
/// before it reads the first byte, and holds nothing but its folder, the socket of its client and standard
/// error. Who owns it can give a wrong verdict on the messages that it is given until it ends, and write to
/// the log; it reaches no file, no network, no other process, no other message.
int run_worker(const Channel& client, VirusScanner& scanner, const WorkerSettings& settings);

}  // namespace scanner
