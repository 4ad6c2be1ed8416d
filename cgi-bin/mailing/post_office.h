#pragma once

#include <functional>
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

  /// Told for each mail of the outbox that is settled: sent or refused.
  using Settled = std::function<void(const std::string& id, Outcome outcome)>;

  /// Tries the mails of the outbox again: those whose time has come, or all. Stops where the relay can't be
  /// reached. Returns how many mails still wait.
  std::size_t retry(bool all, const Settled& settled);

  /// Tries one mail of the outbox, one from failed too. Nothing if there is none of that id, or another
  /// process is at it.
  std::optional<Outcome> retry(const std::string& id);

 private:
  struct Settlement {
    Outcome outcome;
    bool all_kept;  ///< whoever doesn't have it has it in the outbox
  };
  Settlement settle(OutboxEntry entry, const std::vector<mail::SendOutcome>& outcomes);
  void strike(const Outbox::Claim& claim, const std::vector<mail::SendOutcome>& outcomes);
  bool store(Outbox::Folder folder, OutboxEntry entry, const std::vector<mail::SendOutcome>& outcomes,
             mail::SendStatus status);
  std::vector<mail::SendOutcome> attempt(const Outbox::Claim& claim, Outcome& outcome);

  Relay relay_;
  Outbox outbox_;
  mail::Log log_;
};

}  // namespace formmail
