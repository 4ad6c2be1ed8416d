#include <CLI/CLI.hpp>
#include <iostream>

#include "mail/config.h"
#include "mail/version.h"
#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"
#include "scanner/command/quarantine.h"

namespace {

using namespace scanner;  // NOLINT: the commands are this file's vocabulary

void add_database(CLI::App& command, CommonOptions& options) {
  command.add_option("--database", options.databases, "folder or file of signatures; may be given again")
      ->allow_extra_args(false);
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
  serve->add_option("--config", serve_options.config, "configuration file");
  serve->add_option("--listen", serve_options.listen, "HOST:PORT; may be given again")
      ->allow_extra_args(false);
  serve->add_option("--next-hop", serve_options.next_hop, std::string(kNextHopForms));
  add_database(*serve, serve_options);
  add_workers(*serve, serve_options);
  serve->callback([&] { status = run_serve(serve_options); });

  ScanOptions scan_options;
  CLI::App* scan = app.add_subcommand("scan", "scan one message, or a folder of them");
  scan->add_option("--config", scan_options.common.config, "configuration file");
  add_database(*scan, scan_options.common);
  scan->add_flag("--json", scan_options.as_json, "report as one JSON object on standard error");
  CLI::Option* file = scan->add_option("FILE", scan_options.file, "the message; - for standard input");
  CLI::Option* batch = scan->add_option("--batch", scan_options.batch,
                                        "a folder of messages; one JSON line each on standard output");
  scan->add_option("--output", scan_options.output, "with --batch: a folder for the resulting messages")
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

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
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
