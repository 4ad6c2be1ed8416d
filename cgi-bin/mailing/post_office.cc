#include "cgi-bin/mailing/post_office.h"

#include <algorithm>
#include <system_error>

namespace formmail {

namespace {

using mail::SendOutcome;
using mail::SendStatus;
using std::chrono::system_clock;

/// After so long a mail that isn't taken goes to outbox/failed, where the hoster finds it.
constexpr std::chrono::hours kGiveUpAfter{5 * 24};

constexpr std::chrono::hours kLongestPause{1};

/// A quarter of a minute, then twice as long each time.
std::chrono::seconds pause_after(int attempts) {
  constexpr std::chrono::seconds kFirst{15};
  return std::min<std::chrono::seconds>(kFirst * (1 << std::min(attempts - 1, 8)), kLongestPause);
}

/// One that is further away than any pause was put off by a clock that has been set back since.
bool is_due(const Outbox::Listed& listed, system_clock::time_point now) {
  return listed.next_attempt <= now || listed.next_attempt > now + kLongestPause;
}

bool any(const std::vector<SendOutcome>& outcomes, SendStatus status) {
  return std::ranges::find(outcomes, status, &SendOutcome::status) != outcomes.end();
}

bool unreachable(const std::vector<SendOutcome>& outcomes) {
  return std::ranges::any_of(outcomes, &SendOutcome::unreachable);
}

OutboxEntry with_mail(OutboxEntry entry, const ComposedMail& mail) {
  entry.envelope = mail.envelope;
  entry.message = mail.message;
  return entry;
}

/// What is said of a submission whose mails fared differently: as of one with several recipients.
Outcome together(Outcome a, Outcome b) {
  for (const Outcome outcome : {Outcome::unavailable, Outcome::sent, Outcome::queued})
    if (a == outcome || b == outcome) return outcome;
  return Outcome::refused;
}

}  // namespace

PostOffice::PostOffice(const Settings& settings, mail::Log log)
    : relay_(settings.relay_server), outbox_(settings.outbox_directory), log_(std::move(log)) {}

Outcome PostOffice::send(const Parcel& parcel) {
  std::optional<Outcome> outcome;
  for (std::size_t i = 0; i < parcel.mails.size(); ++i) {
    OutboxEntry entry;
    entry.id = i == 0 ? parcel.id : parcel.id + "-" + std::to_string(i + 1);
    entry.site = parcel.site;
    entry.profile = parcel.profile;
    entry.submitted = system_clock::now();
    const Outcome one = send(parcel.mails[i], std::move(entry));
    outcome = outcome ? together(*outcome, one) : one;
  }
  return outcome.value_or(Outcome::refused);
}

Outcome PostOffice::send(const OutgoingMail& outgoing, OutboxEntry entry) {
  // A process that was killed before it could say so left it there.
  if (outbox_.is_queued(entry.id)) return Outcome::queued;
  const auto& [mail, plain] = outgoing;
  auto outcomes = relay_.send(mail.envelope, mail.message);
  if (!plain || any(outcomes, SendStatus::accepted))
    return settle(with_mail(std::move(entry), mail), outcomes).outcome;
  if (!any(outcomes, SendStatus::temporary)) outcomes = relay_.send(plain->envelope, plain->message);
  return settle(with_mail(std::move(entry), *plain), outcomes).outcome;
}

/// Keeps the entry for the recipients to whom it did not go. One that was taken from the queue is rewritten
/// there or removed.
PostOffice::Settlement PostOffice::settle(OutboxEntry entry, const std::vector<SendOutcome>& outcomes) {
  ++entry.attempts;
  entry.next_attempt = system_clock::now() + pause_after(entry.attempts);
  const bool too_old = system_clock::now() - entry.submitted > kGiveUpAfter;
  const bool accepted = any(outcomes, SendStatus::accepted);
  const bool waits = any(outcomes, SendStatus::temporary);
  const bool refusal_kept = !any(outcomes, SendStatus::permanent) ||
                            store(Outbox::Folder::failed, entry, outcomes, SendStatus::permanent);
  const bool rest_kept = !waits || store(too_old ? Outbox::Folder::failed : Outbox::Folder::queue, entry,
                                         outcomes, SendStatus::temporary);
  const bool all_kept = refusal_kept && rest_kept;
  if (accepted) log_.info("sent", {{"id", entry.id}, {"site", entry.site}, {"profile", entry.profile}});
  // For those who could have it yet the visitor sends again: rather twice for the others. Nothing can be done
  // for those who are refused.
  if (!rest_kept) return {Outcome::unavailable, all_kept};
  if (accepted) return {Outcome::sent, all_kept};
  if (waits) return {Outcome::queued, all_kept};
  return {refusal_kept ? Outcome::refused : Outcome::unavailable, all_kept};
}

/// Stores the entry for those recipients whose outcome is `status`. False, and logged, if that can't be done.
bool PostOffice::store(Outbox::Folder folder, OutboxEntry entry, const std::vector<SendOutcome>& outcomes,
                       SendStatus status) {
  std::vector<mail::Address> recipients;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].status != status) continue;
    recipients.push_back(entry.envelope.recipients[i]);
    entry.reason = outcomes[i].reason;
  }
  entry.envelope.recipients = std::move(recipients);
  const char* event = folder == Outbox::Folder::failed ? "refused" : "queued";
  try {
    if (folder == Outbox::Folder::queue)
      outbox_.store(folder, entry);
    else if (entry.envelope.sender)
      outbox_.add_failed(entry);
    log_.warning(
        event,
        {{"id", entry.id}, {"site", entry.site}, {"profile", entry.profile}, {"reason", entry.reason}});
    return true;
  } catch (const std::system_error& error) {
    log_.error("outbox",
               {{"id", entry.id}, {"site", entry.site}, {"error", error.what()}, {"reason", entry.reason}});
    return false;
  }
}

std::vector<SendOutcome> PostOffice::attempt(const Outbox::Claim& claim, Outcome& outcome) {
  const OutboxEntry& entry = claim.entry;
  auto outcomes = relay_.send(entry.envelope, entry.message);
  const bool too_old = system_clock::now() - entry.submitted > kGiveUpAfter;
  const Settlement settlement = settle(entry, outcomes);
  outcome = settlement.outcome;
  if (!settlement.all_kept) {
    outcome = Outcome::unavailable;
    strike(claim, outcomes);
    return outcomes;
  }
  if (outcome == Outcome::queued && too_old) outcome = Outcome::refused;
  // Beyond this point those for whom it was not taken have it in the queue, rewritten, or in failed.
  if (!too_old && any(outcomes, SendStatus::temporary)) return outcomes;
  try {
    outbox_.remove(Outbox::Folder::queue, entry.id);
  } catch (const std::system_error& error) {
    log_.error("outbox", {{"id", entry.id}, {"site", entry.site}, {"error", error.what()}});
    strike(claim, outcomes);
  }
  return outcomes;
}

/// The entry stays as it is, but for those who have the mail: they must not get it again at each attempt.
void PostOffice::strike(const Outbox::Claim& claim, const std::vector<SendOutcome>& outcomes) {
  std::vector<mail::Address> delivered;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (outcomes[i].status == SendStatus::accepted) delivered.push_back(claim.entry.envelope.recipients[i]);
  try {
    outbox_.strike(claim, delivered, system_clock::now() + pause_after(claim.entry.attempts + 1));
  } catch (const std::system_error& error) {
    log_.error("outbox", {{"id", claim.entry.id}, {"site", claim.entry.site}, {"error", error.what()}});
  }
}

std::size_t PostOffice::retry(bool all, const Settled& settled) {
  outbox_.sweep();
  const auto now = system_clock::now();
  for (const Outbox::Listed& listed : outbox_.list(Outbox::Folder::queue)) {
    if (!all && !is_due(listed, now)) continue;
    try {
      const auto claim = outbox_.claim(listed.id);
      if (!claim) continue;
      Outcome outcome = Outcome::queued;
      const auto outcomes = attempt(*claim, outcome);
      if (outcome == Outcome::sent || outcome == Outcome::refused) settled(listed.id, outcome);
      if (unreachable(outcomes)) break;
    } catch (const NotAnEntry& error) {
      // It stays in the way of no other, and in the log's.
      log_.error("outbox", {{"id", listed.id}, {"error", error.what()}});
      outbox_.put_off(listed.id, now + kLongestPause);
    } catch (const std::exception& error) {
      log_.error("outbox", {{"id", listed.id}, {"error", error.what()}});
    }
  }
  return outbox_.list(Outbox::Folder::queue).size();
}

std::optional<Outcome> PostOffice::retry(const std::string& id) {
  if (!outbox_.revive(id, system_clock::now())) return std::nullopt;
  const auto claim = outbox_.claim(id);
  if (!claim) return std::nullopt;
  Outcome outcome = Outcome::queued;
  attempt(*claim, outcome);
  return outcome;
}

}  // namespace formmail
