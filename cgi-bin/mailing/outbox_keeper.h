#pragma once

#include <memory>

#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

/// Retries the outbox in a thread of its own, and forgets old records, as long as it lives. For processes
/// that stay; CGI hosts run `formmail flush`.
class OutboxKeeper {
 public:
  OutboxKeeper(const Settings& settings, const mail::Log& log);
  /// Ends within the time of the mail at hand.
  ~OutboxKeeper();

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace formmail
