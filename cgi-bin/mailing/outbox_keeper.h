#pragma once

#include <memory>

#include "cgi-bin/monitor/metrics.h"
#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

/// Retries the outbox, makes the webhooks' calls, and forgets old records and uploads, as long as it lives;
/// in threads of its own, so that neither a slow relay nor a slow webhook holds up the other. For processes
/// that stay; CGI hosts run `formmail flush`.
class OutboxKeeper {
 public:
  /// `metrics` must outlive it.
  OutboxKeeper(const Settings& settings, Metrics& metrics, const mail::Log& log);
  /// Ends within the time of the mail and of the call at hand.
  ~OutboxKeeper();

 private:
  struct Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace formmail
