#include "cgi-bin/webhook/webhook.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "mail/config.h"

namespace formmail {

namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

/// Web servers end a CGI process that stays much longer than its answer.
constexpr seconds kBriefly{3};
constexpr std::chrono::hours kGiveUpAfter{5 * 24};
constexpr int kGone = 410;

std::string as_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string utc(system_clock::time_point time) {
  const std::time_t now = system_clock::to_time_t(time);
  std::tm fields{};
  ::gmtime_r(&now, &fields);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return text.data();
}

/// A minute, then twice as long each time, up to two hours.
std::chrono::minutes pause_after(int attempts) {
  return std::min(std::chrono::minutes(1 << std::min(attempts - 1, 7)), std::chrono::minutes(120));
}

}  // namespace

std::string hook_body(const Site& site, const Profile& profile, const Submission& submission) {
  json fields = json::array();
  for (const SubmittedField& field : submission.fields) {
    fields.push_back({{"name", field.name}, {"label", field.label}, {"value", field.value}});
  }
  json files = json::array();
  for (const SubmittedFile& file : submission.files) {
    files.push_back({{"field", file.field},
                     {"label", file.label},
                     {"name", file.file_name},
                     {"type", file.media_type},
                     {"size", file.bytes.size()}});
  }
  return as_text({{"id", submission.id},
                  {"site", site.name},
                  {"profile", profile.name},
                  {"time", utc(submission.time)},
                  {"language", submission.language},
                  {"page", submission.page_url},
                  {"client", submission.client_address},
                  {"fields", fields},
                  {"files", files}});
}

Webhooks::Webhooks(const Settings& settings, const mail::Log& log, Metrics* metrics)
    : settings_(settings), log_(log), metrics_(metrics), queue_(settings.outbox_directory) {}

void Webhooks::count(std::string_view result) const {
  if (metrics_ != nullptr) metrics_->webhook_call(result);
}

void Webhooks::keep(const Site& site, const Profile& profile, const Submission& submission) const {
  if (!profile.webhook) return;
  try {
    const std::string body = hook_body(site, profile, submission);
    queue_.store({submission.id, site.name, profile.name, body, submission.time, system_clock::now(), 0, ""});
  } catch (const std::exception& error) {
    log_.error("webhook", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
  }
}

/// Calls the hook. What is done with is removed, the rest is stored for its next time.
Webhooks::Result Webhooks::attempt(const WaitingHook& waiting, seconds timeout) const {
  const Site site = Site::read(settings_.sites_directory / (waiting.site + ".toml"));
  const auto profile = site.profiles.find(waiting.profile);
  if (profile == site.profiles.end() || !profile->second.webhook) {
    log_.warning("webhook", {{"id", waiting.id}, {"site", waiting.site}, {"dropped", "no longer set up"}});
    queue_.remove(waiting.id);
    return Result::done;
  }
  const Webhook& hook = *profile->second.webhook;
  const HookPolicy policy{settings_.webhook_allowed_networks, settings_.webhook_certificates, timeout};
  const HookAnswer answer =
      call_hook(HookUrl::parse(hook.url).value(), waiting.id, hook.secret, waiting.body, policy);
  const bool too_old = system_clock::now() - waiting.submitted > kGiveUpAfter;
  if (answer.accepted() || answer.status == kGone || too_old) {
    const auto fields = {mail::LogField("id", waiting.id), mail::LogField("site", waiting.site),
                         mail::LogField("profile", waiting.profile), mail::LogField("status", answer.status)};
    if (answer.accepted()) log_.info("webhook", fields);
    if (!answer.accepted()) log_.error("webhook-given-up", fields);
    queue_.remove(waiting.id);
    count(answer.accepted() ? "taken" : "given_up");
    return Result::done;
  }
  count("waits");
  log_.warning("webhook-waits", {{"id", waiting.id},
                                 {"site", waiting.site},
                                 {"profile", waiting.profile},
                                 {"status", answer.status},
                                 {"reason", answer.reason}});
  WaitingHook later = waiting;
  ++later.attempts;
  later.next_attempt = system_clock::now() + pause_after(later.attempts);
  later.reason = answer.status == 0 ? answer.reason : "status " + std::to_string(answer.status);
  queue_.store(later);
  return answer.status == 0 ? Result::no_answer : Result::not_taken;
}

void Webhooks::retry_due(bool all, steady_clock::time_point until, seconds timeout) const {
  std::set<std::pair<std::string, std::string>> silent;
  for (const HookQueue::Listed& listed : queue_.list()) {
    const auto left = std::chrono::duration_cast<seconds>(until - steady_clock::now());
    if (left < seconds(1)) return;
    if (!all && listed.next_attempt > system_clock::now()) continue;
    try {
      const auto claim = queue_.claim(listed.id);
      if (!claim) continue;
      const std::pair<std::string, std::string> profile(claim->hook.site, claim->hook.profile);
      if (silent.contains(profile)) {
        queue_.postpone(listed.id, system_clock::now() + pause_after(1));
      } else if (attempt(claim->hook, std::min(left, timeout)) == Result::no_answer) {
        silent.insert(profile);
      }
    } catch (const std::exception& error) {
      log_.error("webhook", {{"id", listed.id}, {"error", error.what()}});
      // A broken site file would be told each second.
      queue_.postpone(listed.id, system_clock::now() + pause_after(1));
    }
  }
}

std::size_t Webhooks::retry(bool all) const {
  constexpr std::chrono::hours kAny{24};
  retry_due(all, steady_clock::now() + kAny, seconds(settings_.webhook_timeout_seconds));
  return queue_.list().size();
}

void Webhooks::retry_briefly() const {
  // A little more: whole seconds are counted down.
  const auto until = steady_clock::now() + kBriefly + std::chrono::milliseconds(500);
  retry_due(false, until, seconds(settings_.webhook_timeout_seconds));
}

Webhooks::Called Webhooks::retry(const std::string& id) const {
  const auto claim = queue_.claim(id);
  if (!claim) return Called::absent;
  const Result result = attempt(claim->hook, seconds(settings_.webhook_timeout_seconds));
  return result == Result::done ? Called::taken : Called::waits;
}

}  // namespace formmail
