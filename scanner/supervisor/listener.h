#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/file_descriptor.h"
#include "scanner/settings.h"

namespace scanner {

/// What clients of a socket speak.
enum class ListenerKind : std::uint8_t { smtp, smtps, metrics };

/// A socket that clients connect to.
struct Listener {
  std::string address;  ///< HOST:PORT as configured
  ListenerKind kind = ListenerKind::smtp;
  mail::FileDescriptor socket;  ///< listening, non-blocking, close-on-exec
};

/// All that the settings name, a socket for each address that a host's name has; the log tells which. A
/// socket of `opened` on the same address is taken over, not bound again. Throws UsageError with one line
/// that names the address.
std::vector<Listener> open_listeners(const Settings& settings, const std::vector<Listener>& opened);

}  // namespace scanner
