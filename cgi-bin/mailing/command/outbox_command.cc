#include "cgi-bin/mailing/command/outbox_command.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/mailing/outbox.h"
#include "cgi-bin/mailing/outbox_format.h"
#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/webhook/webhook.h"

namespace formmail {

namespace {

using nlohmann::json;

constexpr int kNoSuchMail = 1;
constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL

constexpr std::pair<Outbox::Folder, const char*> kFolders[] = {{Outbox::Folder::queue, "queued"},
                                                               {Outbox::Folder::failed, "failed"}};

std::string recipients_of(const OutboxEntry& entry) {
  std::string text;
  for (const mail::Address& recipient : entry.envelope.recipients) {
    if (!text.empty()) text += ',';
    text += recipient.spec();
  }
  return text;
}

json to_json(const OutboxEntry& entry, const char* state) {
  json recipients = json::array();
  for (const mail::Address& recipient : entry.envelope.recipients) recipients.push_back(recipient.spec());
  return {{"id", entry.id},
          {"state", state},
          {"site", entry.site},
          {"profile", entry.profile},
          {"from", entry.envelope.sender ? entry.envelope.sender->spec() : ""},
          {"to", recipients},
          {"submitted", local_time(entry.submitted)},
          {"next_attempt", local_time(entry.next_attempt)},
          {"attempts", entry.attempts},
          {"bytes", entry.message.size()},
          {"reason", entry.reason}};
}

void print_json(std::ostream& out, const json& line) {
  out << line.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}

/// Values that a stranger can have a hand in are written as the log writes them: no terminal sees a control
/// character.
void print_line(std::ostream& out, const OutboxEntry& entry, const char* state) {
  out << entry.id << ' ' << state << " site=" << entry.site << " profile=" << entry.profile
      << " to=" << mail::log_value(recipients_of(entry)) << " submitted=\"" << local_time(entry.submitted)
      << "\" attempts=" << entry.attempts << " reason=" << mail::log_value(entry.reason) << "\n";
}

int no_such_mail(const std::string& id, std::ostream& errors) {
  errors << "formmail: no mail " << mail::log_value(id)
         << " in the outbox; `formmail outbox list` shows what is\n";
  return kNoSuchMail;
}

int is_busy(const std::string& id, std::ostream& errors) {
  errors << "formmail: mail " << id << " is being sent just now; look again in a minute\n";
  return kTemporaryFailure;
}

}  // namespace

int flush_outbox(const Settings& settings, const mail::Log& log) {
  SubmissionRecords records(settings.outbox_directory, log);
  std::size_t waiting = PostOffice(settings, log).retry(true, [&](const std::string& id, Outcome outcome) {
    records.set_outcome(id, outcome);
  });
  waiting += Webhooks(settings, log).retry(true);
  records.purge(std::chrono::system_clock::now());
  if (waiting == 0) return 0;
  log.warning("flush", {{"waiting", waiting}});
  return kTemporaryFailure;
}

int list_outbox(const Settings& settings, bool as_json, std::ostream& out) {
  const Outbox outbox(settings.outbox_directory);
  for (const auto& [folder, state] : kFolders) {
    for (const Outbox::Listed& listed : outbox.list(folder)) {
      try {
        const auto entry = outbox.read(folder, listed.id);
        if (!entry) continue;  // sent just now
        if (as_json) print_json(out, to_json(*entry, state));
        if (!as_json) print_line(out, *entry, state);
      } catch (const std::runtime_error& error) {
        if (as_json) print_json(out, {{"id", listed.id}, {"state", state}, {"error", error.what()}});
        if (!as_json) out << listed.id << ' ' << state << " error=" << mail::log_value(error.what()) << "\n";
      }
    }
  }
  return 0;
}

int show_mail(const Settings& settings, const std::string& id, std::ostream& out, std::ostream& errors) {
  if (!is_outbox_id(id)) return no_such_mail(id, errors);
  const Outbox outbox(settings.outbox_directory);
  for (const auto& [folder, state] : kFolders) {
    const auto entry = outbox.read(folder, id);
    if (!entry) continue;
    out << "state: " << state << "\n" << envelope_lines(*entry) << entry->message;
    return 0;
  }
  return no_such_mail(id, errors);
}

int retry_mail(const Settings& settings, const mail::Log& log, const std::string& id, std::ostream& out,
               std::ostream& errors) {
  if (!is_outbox_id(id)) return no_such_mail(id, errors);
  const auto outcome = PostOffice(settings, log).retry(id);
  if (!outcome && Outbox(settings.outbox_directory).is_queued(id)) return is_busy(id, errors);
  if (!outcome) return no_such_mail(id, errors);
  out << id << ' ' << outcome_name(*outcome) << "\n";
  if (*outcome == Outcome::sent) SubmissionRecords(settings.outbox_directory, log).set_outcome(id, *outcome);
  return *outcome == Outcome::sent ? 0 : kTemporaryFailure;
}

int delete_mail(const Settings& settings, const std::string& id, std::ostream& errors) {
  if (!is_outbox_id(id)) return no_such_mail(id, errors);
  switch (Outbox(settings.outbox_directory).remove_idle(id)) {
    case Outbox::Removal::removed:
      return 0;
    case Outbox::Removal::busy:
      return is_busy(id, errors);
    case Outbox::Removal::absent:
      break;
  }
  return no_such_mail(id, errors);
}

}  // namespace formmail
