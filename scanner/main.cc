#include <CLI/CLI.hpp>
#include <iostream>

#include "mail/config.h"
#include "mail/version.h"
#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"

namespace {

using namespace scanner;  // NOLINT: the commands are this file's vocabulary

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
  }
  return scanner::kExitUsage;
}
