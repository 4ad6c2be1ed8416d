#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "mail/log.h"
#include "scanner/channel/messages.h"
#include "scanner/settings.h"
#include "scanner/supervisor/listener.h"
#include "scanner/supervisor/pulse.h"
#include "scanner/supervisor/restart.h"

namespace scanner {

/// The process that serves clients, and those before it that still finish their sessions.
class Fronts {
 public:
  /// Whether a front could start with these settings: one takes its first steps and ends. Where it can't, it
  /// says why in the log. Certificates and keys come into no other process.
  static bool can_start(const Settings& settings);

  /// Starts one. It takes clients when it has been told of an engine and a worker.
  void start(const Settings& settings, const std::vector<Listener>& listeners);
  /// The one that serves drains, and another can be started beside it.
  void retire();
  /// The one that serves takes no new clients, finishes the transactions under way, and ends.
  void drain() { tell(Drain{}); }

  bool running() const { return serving_.pid >= 0; }
  Restart::Clock::time_point restart_due() const { return restart_.due(); }
  /// To be polled while running().
  int fd() const { return serving_.channel.fd(); }

  /// Nothing where none runs: what a worker's socket is closed then, ends the worker, and another will come.
  void tell(ToFront message) const;
  /// What it says; nothing if it has said no more. One that sends garbage or closes its end is killed.
  std::optional<FromFront> hear();

  /// To be called in each round: the one that serves is ended if it hangs.
  void check_pulse();

  /// Whether `pid`, which has ended, was the one that served. One that drained is forgotten.
  bool note_end(pid_t pid);
  /// It ended unasked, so that another is to be started.
  void note_failure();

 private:
  struct Child {
    pid_t pid = -1;
    Channel channel;
    Pulse pulse;
  };

  mail::Log log_{"scanrelay"};
  Child serving_;
  std::vector<Child> draining_;
  Restart restart_;
  std::uint64_t restarts_ = 0;
};

}  // namespace scanner
