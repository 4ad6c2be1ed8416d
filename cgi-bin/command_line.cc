#include "cgi-bin/command_line.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>

#include "cgi-bin/check_config.h"
#include "mail/version.h"

namespace formmail {

namespace {

constexpr const char* kDefaultConfig = "/etc/sekisho/formmail.toml";
constexpr int kUsageError = 2;

std::filesystem::path default_config() {
  const char* variable = std::getenv("FORMMAIL_CONFIG");
  return variable != nullptr && *variable != '\0' ? variable : kDefaultConfig;
}

}  // namespace

CommandLine read_command_line(int argc, char** argv) {
  CommandLine command;
  command.config = default_config();
  if (argc <= 1 || std::getenv("GATEWAY_INTERFACE") != nullptr) return command;

  CLI::App app("formmail: mails web forms. Without a command it answers CGI, or FastCGI on descriptor 0.",
               "formmail");
  app.set_version_flag("--version", std::string("formmail ") + mail::kVersion);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_option("--config", command.config,
                 "formmail.toml; default: $FORMMAIL_CONFIG, /etc/sekisho/formmail.toml")
      ->type_name("FILE");
  CLI::App* serve = app.add_subcommand("serve", "answer FastCGI requests on a socket");
  serve->add_option("--listen", command.listen, "HOST:PORT or unix:PATH")->required();
  serve->add_option("--threads", command.threads, "requests at a time")->check(CLI::Range(1, 1024));
  CLI::App* check = app.add_subcommand("check-config", "check formmail.toml, all sites and all templates");
  std::filesystem::path checked = command.config;
  check->add_option("FILE", checked, "formmail.toml")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    command.done = true;
    command.exit_status = app.exit(error, std::cout, std::cerr) == 0 ? 0 : kUsageError;
    return command;
  }
  if (check->parsed()) {
    command.done = true;
    command.exit_status =
        check_config(check->count("FILE") > 0 ? checked : command.config, std::cout, std::cerr);
  }
  return command;
}

}  // namespace formmail
