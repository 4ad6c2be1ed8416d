#pragma once

#include <poll.h>
#include <signal.h>

#include <vector>

#include "mail/file_descriptor.h"

namespace scanner {

/// A signal asked the process to end. Not an error: it passes all handlers up to main(), so that everything
/// is cleared up on its way.
struct Interrupted {
  int signal;
};

/// While it lives, SIGTERM, SIGINT and SIGHUP end nothing but wait().
class EndSignals {
 public:
  EndSignals();
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  /// poll(2) without a time limit; sets their `revents`. Throws Interrupted.
  void wait(std::vector<pollfd>& descriptors) const;

 private:
  sigset_t before_{};
  mail::FileDescriptor signals_;
};

}  // namespace scanner
