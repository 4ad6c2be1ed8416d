#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/monitor/metrics.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/webhook/hook_call.h"
#include "cgi-bin/webhook/hook_queue.h"
#include "mail/log.h"

namespace formmail {

/// The JSON that a webhook gets of a submission. Files are named, not sent.
std::string hook_body(const Site& site, const Profile& profile, const Submission& submission);

/// Calls profiles' webhooks, at least once each; the id tells a repetition. No visitor waits for one: a call
/// is kept on disk before the answer, and made by whoever looks through the queue after it.
class Webhooks {
 public:
  /// All must outlive it. `metrics`: where calls are counted, if anywhere.
  Webhooks(const Settings& settings, const mail::Log& log, Metrics* metrics = nullptr);

  /// Keeps the call for the next retry(). Nothing where the profile has no webhook. Never throws: a
  /// submission that was mailed is a success, whatever becomes of its webhook.
  void keep(const Site& site, const Profile& profile, const Submission& submission) const;

  /// Makes the calls that are due, or all, the latest first. A profile whose webhook gives no answer is left
  /// alone for this time: its calls would hold up all others'. The number of calls that still wait.
  std::size_t retry(bool all) const;

  /// Makes the calls that are due for a short time, as a CGI process may once its visitor has the answer.
  void retry_briefly() const;

  enum class Called { taken, waits, absent };
  /// Makes one call now. Throws std::exception if it can't be read.
  Called retry(const std::string& id) const;

 private:
  enum class Result { done, not_taken, no_answer };
  void retry_due(bool all, std::chrono::steady_clock::time_point until, std::chrono::seconds timeout) const;
  Result attempt(const WaitingHook& waiting, std::chrono::seconds timeout) const;
  void count(std::string_view result) const;

  const Settings& settings_;
  const mail::Log& log_;
  Metrics* metrics_;
  HookQueue queue_;
};

}  // namespace formmail
