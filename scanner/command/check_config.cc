#include <iostream>

#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"
#include "scanner/engine/signature_sets.h"
#include "scanner/front/server_tls.h"
#include "scanner/notice_templates.h"
#include "scanner/process.h"

namespace scanner {

namespace {

/// What the file names has to be there, as far as one can see without making or becoming anything.
void check_what_it_names(const Settings& settings) {
  check_user(settings.process.user);
  read_server_tls(settings.smtp);
  notice_templates(settings.notice);
  find_signature_sets(settings.scanner.databases);
  const std::filesystem::path& quarantine = settings.quarantine.directory;
  if (!quarantine.empty() && !is_directory(quarantine) && !is_directory(quarantine.parent_path())) {
    throw UsageError("quarantine.directory: there is no folder " + quarantine.parent_path().string());
  }
}

}  // namespace

int run_check_config(const std::filesystem::path& file) {
  const Settings settings = read_settings(file);
  try {
    check_what_it_names(settings);
  } catch (const std::exception& error) {
    throw UsageError(file.string() + ": " + error.what());
  }
  std::cout << file.string() << ": ok\n";
  return kExitOk;
}

}  // namespace scanner
