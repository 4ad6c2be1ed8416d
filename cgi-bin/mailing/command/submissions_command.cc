#include "cgi-bin/mailing/command/submissions_command.h"

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cgi-bin/mailing/csv.h"
#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_mail.h"

namespace formmail {

namespace {

using nlohmann::json;

constexpr int kNoSuchSubmission = 1;
constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL

/// The columns of an export, in the order in which they first come up. One for each field and label: forms of
/// different profiles give one name to different things.
class Columns {
 public:
  void add(const Submission& submission) {
    for (const SubmittedField& field : submission.fields) add(field.name, field.label);
    for (const SubmittedFile& file : submission.files) add(file.field, file.label);
  }

  const std::vector<std::string>& labels() const { return labels_; }

  std::vector<std::string> values(const Submission& submission) const {
    std::vector<std::string> values(labels_.size());
    for (const SubmittedField& field : submission.fields)
      values[place(field.name, field.label)] = field.value;
    for (const SubmittedFile& file : submission.files) {
      std::string& value = values[place(file.field, file.label)];
      value += (value.empty() ? "" : "\n") + file.file_name;
    }
    return values;
  }

 private:
  using Key = std::pair<std::string, std::string>;

  void add(const std::string& name, const std::string& label) {
    if (places_.emplace(Key(name, label), labels_.size()).second) labels_.push_back(label);
  }
  std::size_t place(const std::string& name, const std::string& label) const {
    return places_.at(Key(name, label));
  }

  std::map<Key, std::size_t> places_;
  std::vector<std::string> labels_;
};

json to_json(const SubmissionRecord& record) {
  json fields = json::array();
  for (const SubmittedField& field : record.submission.fields)
    fields.push_back({{"name", field.name}, {"label", field.label}, {"value", field.value}});
  json files = json::array();
  for (std::size_t i = 0; i < record.submission.files.size(); ++i) {
    const SubmittedFile& file = record.submission.files[i];
    files.push_back({{"field", file.field},
                     {"label", file.label},
                     {"name", file.file_name},
                     {"type", file.media_type},
                     {"size", record.file_sizes[i]}});
  }
  return {{"id", record.id},
          {"serial", record.serial},
          {"site", record.site},
          {"profile", record.profile},
          {"time", local_time(record.submission.time)},
          {"outcome", record.outcome},
          {"page_url", record.submission.page_url},
          {"client_address", record.submission.client_address},
          {"fields", fields},
          {"files", files}};
}

std::optional<SubmissionRecord> find(SubmissionRecords& records, const std::string& id) {
  std::optional<SubmissionRecord> found;
  records.visit({"", "", id}, [&](const SubmissionRecord& record) { found = record; });
  return found;
}

}  // namespace

int list_submissions(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
                     std::ostream& out) {
  SubmissionRecords(settings.outbox_directory, log).visit(filter, [&](const SubmissionRecord& record) {
    out << record.id << " time=\"" << local_time(record.submission.time) << "\" site=" << record.site
        << " profile=" << record.profile << " serial=" << record.serial
        << " outcome=" << (record.outcome.empty() ? "unknown" : record.outcome) << "\n";
  });
  return 0;
}

int export_csv(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
               std::ostream& out) {
  SubmissionRecords records(settings.outbox_directory, log);
  Columns columns;
  records.visit(filter, [&](const SubmissionRecord& record) { columns.add(record.submission); });
  std::vector<std::string> head = {"id", "serial", "site", "profile", "time", "outcome"};
  head.insert(head.end(), columns.labels().begin(), columns.labels().end());
  out << kCsvStart << csv_line(head);
  records.visit(filter, [&](const SubmissionRecord& record) {
    // One that came in between the two passes may have a field of its own.
    columns.add(record.submission);
    std::vector<std::string> line = {record.id,      std::to_string(record.serial),      record.site,
                                     record.profile, local_time(record.submission.time), record.outcome};
    const auto values = columns.values(record.submission);
    line.insert(line.end(), values.begin(), values.end());
    out << csv_line(line);
  });
  return 0;
}

int export_json(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
                std::ostream& out) {
  out << "[";
  const char* separator = "\n";
  SubmissionRecords(settings.outbox_directory, log).visit(filter, [&](const SubmissionRecord& record) {
    out << separator << to_json(record).dump(-1, ' ', false, json::error_handler_t::replace);
    separator = ",\n";
  });
  out << "\n]\n";
  return 0;
}

int resend_submission(const Settings& settings, const mail::Log& log, const std::string& id,
                      std::ostream& out, std::ostream& errors) {
  SubmissionRecords records(settings.outbox_directory, log);
  auto record = find(records, id);
  if (!record) {
    errors << "formmail: no submission " << mail::log_value(id)
           << "; `formmail submissions list` shows what is kept\n";
    return kNoSuchSubmission;
  }
  records.load_files(*record);
  const Site site = Site::read(settings.sites_directory / (record->site + ".toml"));
  const auto profile = site.profiles.find(record->profile);
  if (profile == site.profiles.end()) {
    errors << "formmail: the site has no profile " << record->profile << " any more\n";
    return kNoSuchSubmission;
  }
  const SubmissionMail mail(site, profile->second, record->submission, record->serial, log,
                            settings.mail_templates);
  const Outcome outcome = PostOffice(settings, log).send({id, site.name, record->profile, mail.outgoing()});
  records.set_outcome(id, outcome);
  out << id << ' ' << outcome_name(outcome) << "\n";
  return outcome == Outcome::sent ? 0 : kTemporaryFailure;
}

}  // namespace formmail
