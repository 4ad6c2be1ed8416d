#pragma once

#include <CLI/CLI.hpp>

#include <functional>

#include "cgi-bin/owner/command.h"

namespace formmail {

/// Carries out one of the owner's commands on standard output and error; the exit status. What the owner can
/// mend is one line on standard error and kOwnerUsage. Throws mail::ConfigError.
using OwnerCommand = int (*)(const OwnerOptions& options);

/// Adds the owner's commands to the command line. Their options are read into `options`, which must outlive
/// `app`; then `run` gets the command that was given.
void add_owner_commands(CLI::App& app, OwnerOptions& options, std::function<void(OwnerCommand)> run);

}  // namespace formmail
