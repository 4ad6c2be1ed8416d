#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "mail/config.h"
#include "mail/standard_descriptors.h"
#include "mail/version.h"
#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"
#include "scanner/command/quarantine.h"
#include "scanner/command/scan_run.h"

namespace {

using namespace scanner;  // NOLINT: the commands are this file's vocabulary

/// An empty value is an unset variable of some script, not a wish for the default.
CLI::Validator not_empty() {
  return {[](const std::string& value) { return std::string(value.empty() ? "may not be empty" : ""); }, ""};
}

void add_config(CLI::App& command, CommonOptions& options) {
  command.add_option("--config", options.config, "configuration file")->check(not_empty());
}

void add_database(CLI::App& command, CommonOptions& options) {
  command.add_option("--database", options.databases, "folder or file of signatures; may be given again")
      ->allow_extra_args(false)
      ->check(not_empty());
}

void add_workers(CLI::App& command, CommonOptions& options) {
  command.add_option("--workers", options.workers, "messages scanned at a time; 0: one a core")
      ->check(CLI::Range(0, 256));
}

int run(int argc, char** argv) {
  CLI::App app("SMTP relay that takes viruses out of mail");
  app.name("scanrelay");
  app.set_version_flag("--version", std::string("scanrelay ") + mail::kVersion);
  app.require_subcommand(1);
  int status = kExitOk;

  std::filesystem::path checked;
  CLI::App* check = app.add_subcommand("check-config", "check a configuration file");
  check->add_option("FILE", checked, "the file")->required();
  check->callback([&] { status = run_check_config(checked); });

  CommonOptions serve_options;
  CLI::App* serve = app.add_subcommand("serve", "run the relay");
  add_config(*serve, serve_options);
  serve->add_option("--listen", serve_options.listen, "HOST:PORT; may be given again")
      ->allow_extra_args(false);
  serve->add_option("--next-hop", serve_options.next_hop, std::string(kNextHopForms))->check(not_empty());
  add_database(*serve, serve_options);
  add_workers(*serve, serve_options);
  serve->callback([&] { status = run_serve(serve_options); });

  ScanOptions scan_options;
  CLI::App* scan = app.add_subcommand("scan", "scan one message, or a folder of them");
  add_config(*scan, scan_options.common);
  add_database(*scan, scan_options.common);
  scan->add_flag("--json", scan_options.as_json, "report as one JSON object on standard error");
  CLI::Option* file = scan->add_option("FILE", scan_options.file, "the message; - for standard input");
  CLI::Option* batch = scan->add_option("--batch", scan_options.batch,
                                        "a folder of messages; one JSON line each on standard output")
                           ->check(not_empty());
  scan->add_option("--output", scan_options.output, "with --batch: a folder for the resulting messages")
      ->check(not_empty())
      ->needs(batch);
  add_workers(*scan, scan_options.common);
  file->excludes(batch);
  scan->callback([&] {
    if (scan_options.file.empty() && scan_options.batch.empty())
      throw UsageError("scan: FILE or --batch is needed");
    status = run_scan(scan_options);
  });

  add_quarantine_command(app, status);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return status;
}

/// What was lost on standard output was not done.
int after_output(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "scanrelay: standard output can't be written\n";
  return kExitTempFail;
}

}  // namespace

int main(int argc, char** argv) {
  mail::occupy_standard_descriptors();
  try {
    return after_output(run(argc, argv));
  } catch (const scanner::Interrupted& end) {
    ::signal(end.signal, SIG_DFL);
    ::raise(end.signal);  // the caller is to see what ended this process
  } catch (const mail::ConfigError& error) {
    std::cerr << error.what() << '\n';
  } catch (const scanner::UsageError& error) {
    std::cerr << "scanrelay: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "scanrelay: " << error.what() << '\n';
    return scanner::kExitTempFail;
  }
  return scanner::kExitUsage;
}
