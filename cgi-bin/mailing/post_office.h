#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/mailing/outbox.h"
#include "cgi-bin/mailing/relay.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

/// A mail to be sent, and whose it is.
struct Parcel {
  std::string id;  ///< names it in the outbox
  std::string site;
  std::string profile;
  ComposedMail mail;
  /// The same mail without UTF-8 in its header, for a relay without SMTPUTF8; none where it has no such
  /// thing.
  std::optional<ComposedMail> plain;
};

/// Sends mails through the relay and keeps in the outbox what it doesn't take. Safe from several threads.
class PostOffice {
 public:
  /// Throws std::invalid_argument if settings.relay_server is no HOST:PORT.
  PostOffice(const Settings& settings, mail::Log log);

  /// Sends a mail, or keeps it.
  Outcome send(const Parcel& parcel);

  /// Tries the mails of the outbox again: those whose time has come, or all. Stops where the relay can't be
  /// reached. Returns how many mails still wait.
  std::size_t retry(bool all);

 private:
  Outcome settle(OutboxEntry entry, const std::vector<mail::SendOutcome>& outcomes);
  bool store(Outbox::Folder folder, OutboxEntry entry, const std::vector<mail::SendOutcome>& outcomes,
             mail::SendStatus status);
  bool retry_one(const std::string& id);

  Relay relay_;
  Outbox outbox_;
  mail::Log log_;
};

/// `formmail flush`: retries the whole outbox. Exit status: 0 if it is empty now, 75 if mails still wait.
int flush_outbox(const Settings& settings, const mail::Log& log);

}  // namespace formmail
