#pragma once

#include <functional>

#include "scanner/settings.h"

namespace scanner {

/// Runs the service until SIGTERM or SIGINT: binds the listeners, starts the front and an engine, starts
/// again what ends, passes messages between them. `read` gives the settings, again at SIGHUP; then it may
/// throw, and the old ones stay.
///
/// Throws UsageError or mail::ConfigError if it can't start. Returns the exit status.
///
/// SECURITY: keeps the rights it was started with, to bind ports and to start processes as another user. It
/// reads the configuration, the names of signature files, and typed messages of its own processes; no byte of
/// a message or of a signature.
int run_supervisor(const std::function<Settings()>& read);

}  // namespace scanner
