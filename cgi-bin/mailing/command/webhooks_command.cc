#include "cgi-bin/mailing/command/webhooks_command.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/mailing/outbox.h"
#include "cgi-bin/webhook/hook_queue.h"
#include "cgi-bin/webhook/webhook.h"

namespace formmail {

namespace {

using nlohmann::json;

constexpr int kNoSuchCall = 1;
constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL

/// No terminal sees a control character, nor a character that turns the line around.
std::string ascii_json(const json& value, int indent = -1) {
  return value.dump(indent, ' ', true, json::error_handler_t::replace);
}

json to_json(const WaitingHook& hook) {
  return {{"id", hook.id},
          {"site", hook.site},
          {"profile", hook.profile},
          {"submitted", local_time(hook.submitted)},
          {"next_attempt", local_time(hook.next_attempt)},
          {"attempts", hook.attempts},
          {"reason", hook.reason}};
}

void print_line(std::ostream& out, const WaitingHook& hook) {
  out << hook.id << " site=" << hook.site << " profile=" << hook.profile << " submitted=\""
      << local_time(hook.submitted) << "\" attempts=" << hook.attempts
      << " reason=" << mail::log_value(hook.reason) << "\n";
}

int no_such_call(const std::string& id, std::ostream& errors) {
  errors << "formmail: no call " << mail::log_value(id)
         << " waits; `formmail webhooks list` shows what does\n";
  return kNoSuchCall;
}

}  // namespace

int list_webhooks(const Settings& settings, bool as_json, std::ostream& out) {
  const HookQueue queue(settings.outbox_directory);
  for (const HookQueue::Listed& listed : queue.list()) {
    try {
      const auto hook = queue.read(listed.id);
      if (!hook) continue;  // taken just now
      if (as_json) out << ascii_json(to_json(*hook)) << "\n";
      if (!as_json) print_line(out, *hook);
    } catch (const std::exception& error) {
      const json broken = {{"id", listed.id}, {"error", error.what()}};
      if (as_json) out << ascii_json(broken) << "\n";
      if (!as_json) out << listed.id << " error=" << mail::log_value(error.what()) << "\n";
    }
  }
  return 0;
}

int show_webhook(const Settings& settings, const std::string& id, std::ostream& out, std::ostream& errors) {
  const auto hook =
      is_outbox_id(id) ? HookQueue(settings.outbox_directory).read(id) : std::optional<WaitingHook>();
  if (!hook) return no_such_call(id, errors);
  print_line(out, *hook);
  out << ascii_json(json::parse(hook->body), 2) << "\n";
  return 0;
}

int retry_webhook(const Settings& settings, const mail::Log& log, const std::string& id, std::ostream& out,
                  std::ostream& errors) {
  const auto called = is_outbox_id(id) ? Webhooks(settings, log).retry(id) : Webhooks::Called::absent;
  if (called == Webhooks::Called::absent) return no_such_call(id, errors);
  out << id << (called == Webhooks::Called::taken ? " done\n" : " waits\n");
  return called == Webhooks::Called::taken ? 0 : kTemporaryFailure;
}

int delete_webhook(const Settings& settings, const std::string& id, std::ostream& errors) {
  const bool removed = is_outbox_id(id) && HookQueue(settings.outbox_directory).remove(id);
  return removed ? 0 : no_such_call(id, errors);
}

}  // namespace formmail
