#pragma once

#include <string>

#include "mail/file_descriptor.h"

namespace scanner {

/// A socket that clients connect to.
struct Listener {
  std::string address;  ///< HOST:PORT as configured
  bool implicit_tls = false;
  mail::FileDescriptor socket;  ///< listening, non-blocking, close-on-exec
};

/// Binds and listens. Throws UsageError with one line that names the address.
Listener open_listener(const std::string& address, bool implicit_tls);

}  // namespace scanner
