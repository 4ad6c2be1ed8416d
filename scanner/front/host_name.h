#pragma once

#include <string>

#include "scanner/settings.h"

namespace scanner {

/// What this host calls itself in SMTP: the configured name, else the system's.
std::string host_name(const Settings::Smtp& settings);

}  // namespace scanner
