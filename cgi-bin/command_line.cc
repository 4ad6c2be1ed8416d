#include "cgi-bin/command_line.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>

#include "cgi-bin/check_config.h"
#include "cgi-bin/gateway/gateway.h"
#include "cgi-bin/mailing/command/mailing_commands.h"
#include "cgi-bin/mailing/command/outbox_command.h"
#include "cgi-bin/monitor/disk_figures.h"
#include "cgi-bin/monitor/health.h"
#include "cgi-bin/owner/command_options.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/state/state_store.h"
#include "cgi-bin/uploads/waiting_uploads.h"
#include "mail/version.h"

namespace formmail {

namespace {

constexpr const char* kDefaultConfig = "/etc/sekisho/formmail.toml";
constexpr int kUnhealthy = 1;
constexpr int kUsageError = 2;

std::filesystem::path default_config() {
  const char* variable = std::getenv("FORMMAIL_CONFIG");
  return variable != nullptr && *variable != '\0' ? variable : kDefaultConfig;
}

void add_serve(CLI::App& app, CommandLine& command) {
  CLI::App* serve = app.add_subcommand("serve", "answer FastCGI requests on a socket");
  serve->callback([&command] {
    command.serve = true;
    if (command.listen.empty() && !is_fastcgi())
      throw CLI::ValidationError("--listen is required: descriptor 0 is no listening socket");
  });
  serve->add_option("--listen", command.listen, "HOST:PORT or unix:PATH; default: the socket at descriptor 0")
      ->check([](const std::string& value) { return std::string(value.empty() ? "may not be empty" : ""); });
  serve->add_option("--threads", command.threads, "requests at a time")->check(CLI::Range(1, 1024));
}

void add_check_config(CLI::App& app, CommandLine& command) {
  CLI::App* check = app.add_subcommand("check-config", "check formmail.toml, all sites and all templates");
  check->add_option("FILE", command.config, "formmail.toml")->type_name("FILE");
  check->callback([&command] { command.finish(check_config(command.config, std::cout, std::cerr)); });
}

void add_flush(CLI::App& app, CommandLine& command, const mail::Log& log) {
  CLI::App* flush =
      app.add_subcommand("flush", "retry the mails in the outbox, sweep uploads nobody confirmed");
  flush->callback([&] {
    const Settings settings = Settings::read(command.config);
    WaitingUploads(settings).sweep();
    command.finish(flush_outbox(settings, log));
  });
}

void add_metrics(CLI::App& app, CommandLine& command, const mail::Log& log) {
  CLI::App* metrics =
      app.add_subcommand("metrics", "figures of the outbox for Prometheus, where no serve runs");
  metrics->callback([&] {
    const Settings settings = Settings::read(command.config);
    const std::unique_ptr<StateStore> state = make_sqlite_store(settings.outbox_directory, log);
    const std::string trouble = trouble_with(settings.outbox_directory, *state);
    std::cout << disk_figures(settings.outbox_directory, trouble);
    if (!trouble.empty()) std::cerr << "formmail: " << trouble << "\n";
    command.finish(trouble.empty() ? 0 : kUnhealthy);
  });
}

}  // namespace

CommandLine read_command_line(int argc, char** argv, const mail::Log& log) {
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
  add_serve(app, command);
  add_check_config(app, command);
  add_flush(app, command, log);
  add_metrics(app, command, log);
  OwnerOptions owner;
  add_owner_commands(app, owner, [&](OwnerCommand run) {
    owner.config = command.config;
    owner.config_named = command.config != kDefaultConfig;
    command.finish(run(owner));
  });
  MailingCommands mailing(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    command.done = true;
    command.exit_status = app.exit(error, std::cout, std::cerr) == 0 ? 0 : kUsageError;
    return command;
  }
  if (mailing.given()) command.finish(mailing.run(Settings::read(command.config), log, std::cout, std::cerr));
  return command;
}

}  // namespace formmail
