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

/// The mails of a submission, and whose they are.
struct Parcel {
  std::string id;  ///< names the first in the outbox; the second is ID-2
  std::string site;
  std::string profile;
  std::vector<OutgoingMail> mails;
};

/// Sends mails through the relay and keeps in the outbox what it doesn't take. Safe from several threads.
class PostOffice {
 public:
  /// Throws std::invalid_argument if settings.relay_server is no HOST:PORT.
  PostOffice(const Settings& settings, mail::Log log);

  /// Sends the mails, or keeps them. What is refused for good is kept in failed, unless its sender is the
  /// null sender: then there is nobody to tell, as with a bounce that can't be delivered.
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
  Outcome send(const OutgoingMail& outgoing, OutboxEntry entry);
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
