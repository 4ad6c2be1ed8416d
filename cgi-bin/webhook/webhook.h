#pragma once

#include <optional>
#include <string>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/webhook/hook_call.h"
#include "mail/log.h"

namespace formmail {

/// The JSON that a webhook gets of a submission. Files are named, not sent.
std::string hook_body(const Site& site, const Profile& profile, const Submission& submission);

/// Calls profiles' webhooks. What can't be delivered now waits on disk, with the mails of the outbox, and is
/// retried by whoever retries those:
///
///     OUTBOX/webhooks/ID     JSON: site, profile, attempts, body; modified at the time of the next attempt
///
/// URL and secret are read from the site's file each time: they may have changed, and stand nowhere else.
/// Delivered at least once; the id tells a repetition.
class Webhooks {
 public:
  /// Both must outlive it.
  Webhooks(const Settings& settings, const mail::Log& log);

  /// Keeps the call on disk, then tries it for a short time. Nothing where the profile has no webhook. Never
  /// throws: a submission that was mailed is a success, whatever becomes of its webhook.
  void deliver(const Site& site, const Profile& profile, const Submission& submission) const;

  /// Tries what waits again: what is due, or all. The number that still wait.
  std::size_t retry(bool all) const;

 private:
  struct Waiting;
  bool attempt(const Waiting& waiting, std::chrono::seconds timeout) const;
  std::filesystem::path folder() const { return settings_.outbox_directory / "webhooks"; }
  void store(const Waiting& waiting) const;

  const Settings& settings_;
  const mail::Log& log_;
};

}  // namespace formmail
