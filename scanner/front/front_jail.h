#pragma once

#include "scanner/settings.h"

namespace scanner {

/// Takes from the front what it does not need, before it has a second thread: new privileges, capabilities,
/// files other than those of TLS, its Maildir, the quarantine and, where the next hop has a name, the
/// resolver; sockets other than for the next hop; starting programs and processes, touching other processes.
/// What is forbidden fails with EPERM or EACCES. The folders of the Maildir and the quarantine are made if
/// need be. Throws std::system_error.
void enter_front_jail(const Settings& settings);

}  // namespace scanner
