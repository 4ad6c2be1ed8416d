#pragma once

#include <cstdint>
#include <vector>

#include "mail/file_descriptor.h"
#include "scanner/channel/messages.h"
#include "scanner/settings.h"
#include "scanner/supervisor/listener.h"

namespace scanner {

struct FrontSetup {
  struct Listener {
    int socket = -1;  ///< bound, listening, non-blocking
    ListenerKind kind = ListenerKind::smtp;
  };
  Settings settings;
  std::vector<Listener> listeners;
  std::uint64_t restarts = 0;  ///< how often a front has ended and been started again
};

/// The front's process: the SMTP sessions and the next hop, until `supervisor` says to drain or is closed.
/// Accepts mail once there is a worker to scan it.
///
/// SECURITY: sees what every client sends, as SMTP and TLS, and never looks into a message. It runs as
/// [process] user, opens no file but those of the resolver, the Maildir of its next hop and the quarantine,
/// and starts no program. Who owns it can read and alter the mail that passes and talk to the next hop; it
/// reaches no memory of the other processes.
int run_front(const Channel& supervisor, const FrontSetup& setup);

/// A front's first steps, and no more: reads certificates, becomes the user, enters the jail, opens what it
/// writes to. For a process of its own. The exit status: kExitOk, or as run_front() would end.
int try_front(const Settings& settings);

}  // namespace scanner
