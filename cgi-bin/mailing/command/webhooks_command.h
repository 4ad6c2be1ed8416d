#pragma once

#include <iosfwd>
#include <string>

#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

// Each returns the exit status of its command: 0, 1 if there is no such call, 75 if it still waits.

int list_webhooks(const Settings& settings, bool json, std::ostream& out);
int show_webhook(const Settings& settings, const std::string& id, std::ostream& out, std::ostream& errors);
int retry_webhook(const Settings& settings, const mail::Log& log, const std::string& id, std::ostream& out,
                  std::ostream& errors);
int delete_webhook(const Settings& settings, const std::string& id, std::ostream& errors);

}  // namespace formmail
