#include <unistd.h>

#include <csignal>
#include <iostream>
#include <utility>

#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"
#include "scanner/command/scan_batch.h"
#include "scanner/command/scan_file.h"
#include "scanner/command/scan_report.h"
#include "scanner/command/scan_run.h"

namespace scanner {

namespace {

/// A message after its scan, and with what it was scanned.
struct Scanned {
  ScanResult result;
  EditedMessage after;
  ScannedWith with;
};

Scanned scanned(const Settings& settings, const std::string& name, const mail::FileDescriptor& memfd) {
  Scanned scanned;
  ScanRun run(settings, 1);
  scanned.with = {run.version(), run.signatures()};
  std::optional<ScanRun::Message> only{{name, mail::FileDescriptor(::dup(memfd.get()))}};
  run.run([&] { return std::exchange(only, std::nullopt); },
          [&](const ScanRun::Message& message, ScanResult result) {
            scanned.after = edited(message.memfd, result);
            scanned.result = std::move(result);
          });
  return scanned;
}

/// Nothing is written before the engine and its temporary files are gone: who reads standard output slowly,
/// or not at all, then holds up this process alone.
int scan_one(const ScanOptions& options, const Settings& settings) {
  const mail::FileDescriptor memfd = read_message(options.file);
  Scanned message;
  try {
    message = scanned(settings, options.file.string(), memfd);
    if (!options.as_json) print_choice(message.with.signatures);
    if (has_message(message.result)) write_edited(message.after, memfd.get(), STDOUT_FILENO);
  } catch (const UsageError&) {
    throw;
  } catch (const std::exception& error) {
    message.result = ScanResult();
    message.result.reason = error.what();
  }
  if (options.as_json) {
    std::cerr << json_report(message.result, message.with) << '\n';
  } else {
    print_findings(message.result);
  }
  return status_of(message.result.verdict);
}

}  // namespace

int run_scan(const ScanOptions& options) {
  // Broken pipes are write errors like any other.
  ::signal(SIGPIPE, SIG_IGN);
  const Settings settings = settings_of(options.common);
  return options.batch.empty() ? scan_one(options, settings) : scan_batch(options, settings);
}

}  // namespace scanner
