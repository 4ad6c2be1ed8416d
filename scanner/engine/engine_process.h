#pragma once

#include <filesystem>

#include "scanner/channel/messages.h"
#include "scanner/engine/signature_sets.h"
#include "scanner/settings.h"
#include "scanner/treatment/treatment.h"

namespace scanner {

struct EngineSetup {
  Generation generation = 0;
  SignatureSets sets;
  std::filesystem::path temporary_folder;  ///< of this engine alone; it makes one below it for each worker
  int workers = 1;
  Settings::Scanner settings;
  std::uint64_t most_message_bytes = 0;
  NoticeTemplates notice;
  std::string user;
  bool in_background = false;  ///< another engine serves while this one loads
};

/// The engine's process: loads the signatures, then forks `workers` workers and, for each that ends, another,
/// until it is told to retire or `supervisor` is closed. Reports through `supervisor`.
///
/// SECURITY: reads the signature files, which the administrator's freshclam wrote, and no message. It runs as
/// [process] user; it can end the workers and give away sockets to them, nothing more.
int run_engine(const Channel& supervisor, const EngineSetup& setup);

/// `settings.workers`, or one a core.
int worker_count(const Settings::Scanner& settings);

}  // namespace scanner
