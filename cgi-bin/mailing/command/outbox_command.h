#pragma once

#include <iosfwd>
#include <string>

#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

// Each returns the exit status of its command.

/// Retries the whole outbox, and forgets old records. 0 if it is empty now, 75 if mails still wait.
int flush_outbox(const Settings& settings, const mail::Log& log);

int list_outbox(const Settings& settings, bool json, std::ostream& out);
int show_mail(const Settings& settings, const std::string& id, std::ostream& out, std::ostream& errors);
int retry_mail(const Settings& settings, const mail::Log& log, const std::string& id, std::ostream& out,
               std::ostream& errors);
int delete_mail(const Settings& settings, const std::string& id, std::ostream& errors);

}  // namespace formmail
