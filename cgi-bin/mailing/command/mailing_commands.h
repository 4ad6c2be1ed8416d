#pragma once

#include <CLI/CLI.hpp>

#include <iosfwd>
#include <string>

#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

/// The hoster's commands for what is kept: `outbox`, `webhooks`, `submissions`. Adds them to a command line,
/// and carries out the one that was given.
class MailingCommands {
 public:
  /// Must live until the command line is parsed.
  explicit MailingCommands(CLI::App& app);

  /// Whether one of them was given.
  bool given() const;

  /// The exit status: 0, 1 if there is no such mail or submission, 75 if mails still wait.
  /// Throws what reading the outbox, the records or the site files throws.
  int run(const Settings& settings, const mail::Log& log, std::ostream& out, std::ostream& errors) const;

 private:
  struct Options {
    std::string id;
    std::string site;
    std::string profile;
    bool json = false;
    bool csv = false;
  };
  Options options_;
  CLI::App* outbox_;
  CLI::App* outbox_list_;
  CLI::App* outbox_show_;
  CLI::App* outbox_retry_;
  CLI::App* outbox_delete_;
  CLI::App* webhooks_;
  CLI::App* webhooks_list_;
  CLI::App* webhooks_show_;
  CLI::App* webhooks_retry_;
  CLI::App* webhooks_delete_;
  CLI::App* submissions_;
  CLI::App* submissions_list_;
  CLI::App* submissions_export_;
  CLI::App* submissions_resend_;
};

}  // namespace formmail
