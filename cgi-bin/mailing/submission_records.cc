#include "cgi-bin/mailing/submission_records.h"

#include <nlohmann/json.hpp>

namespace formmail {

namespace {

using nlohmann::json;
using std::chrono::system_clock;

// No index but the one on id: each would cost every submission a page, to save the hourly purge and the
// hoster's commands a scan.
constexpr int kVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS serial (site TEXT NOT NULL, profile TEXT NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (site, profile)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS submission (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " site TEXT NOT NULL, profile TEXT NOT NULL, serial INTEGER NOT NULL, time INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, outcome TEXT NOT NULL, data TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS file (id TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (id, number));";

std::int64_t seconds(system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

json to_json(const Submission& submission) {
  json data = {{"language", submission.language},
               {"page_url", submission.page_url},
               {"client_address", submission.client_address},
               {"fields", json::array()},
               {"files", json::array()}};
  for (const SubmittedField& field : submission.fields)
    data["fields"].push_back({{"name", field.name}, {"label", field.label}, {"value", field.value}});
  for (const SubmittedFile& file : submission.files)
    data["files"].push_back({{"field", file.field},
                             {"label", file.label},
                             {"name", file.file_name},
                             {"type", file.media_type},
                             {"size", file.bytes.size()}});
  return data;
}

void read_json(const json& data, SubmissionRecord& record) {
  Submission& submission = record.submission;
  submission.language = data.value("language", "");
  submission.page_url = data.value("page_url", "");
  submission.client_address = data.value("client_address", "");
  for (const json& field : data.at("fields"))
    submission.fields.push_back(
        {field.value("name", ""), field.value("label", ""), field.value("value", "")});
  for (const json& file : data.at("files")) {
    submission.files.push_back({file.value("field", ""), file.value("label", ""), file.value("name", ""),
                                file.value("type", ""), "", false});
    record.file_sizes.push_back(file.value("size", std::int64_t{0}));
  }
}

SubmissionRecord record_of(const Database::Statement& row) {
  SubmissionRecord record;
  record.id = record.submission.id = row.text(0);
  record.site = row.text(1);
  record.profile = row.text(2);
  record.serial = row.number(3);
  record.submission.time = system_clock::time_point(std::chrono::seconds(row.number(4)));
  record.outcome = row.text(5);
  read_json(json::parse(row.text(6)), record);
  return record;
}

}  // namespace

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::sent:
      return "sent";
    case Outcome::queued:
      return "queued";
    case Outcome::refused:
      return "refused";
    case Outcome::unavailable:
      return "unavailable";
  }
  return "";
}

Database& SubmissionRecords::database() {
  if (!database_) database_ = std::make_unique<Database>(file_, kSchema, kVersion);
  return *database_;
}

std::int64_t SubmissionRecords::next_serial(const std::string& site, const std::string& profile) {
  Database::Statement next(database(),
                           "INSERT INTO serial VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1"
                           " RETURNING last");
  next.bind(site).bind(profile);
  if (!next.step()) return 0;
  const std::int64_t serial = next.number(0);
  next.step();
  return serial;
}

bool SubmissionRecords::insert(const Site& site, const Profile& profile, const Submission& submission,
                               std::int64_t serial) {
  const std::int64_t time = seconds(submission.time);
  const std::string data = to_json(submission).dump(-1, ' ', false, json::error_handler_t::replace);
  Database::Statement insert(
      database(),
      "INSERT INTO submission (id, site, profile, serial, time, expires, outcome, data)"
      " VALUES (?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (id) DO NOTHING");
  insert.bind(submission.id).bind(site.name).bind(profile.name).bind(serial).bind(time);
  insert.bind(time + std::int64_t{86400} * profile.keep_days).bind(data).step();
  if (database().changes() == 0) return false;
  for (std::size_t i = 0; profile.keep_files && i < submission.files.size(); ++i) {
    Database::Statement file(database(), "INSERT OR REPLACE INTO file VALUES (?, ?, ?)");
    file.bind(submission.id).bind(static_cast<std::int64_t>(i)).bind_blob(submission.files[i].bytes).step();
  }
  return true;
}

std::int64_t SubmissionRecords::add(const Site& site, const Profile& profile, const Submission& submission) {
  const std::lock_guard lock(mutex_);
  {
    Transaction transaction(database());
    const std::int64_t serial = next_serial(site.name, profile.name);
    if (profile.keep_days == 0 || insert(site, profile, submission, serial)) {
      transaction.commit();
      return serial;
    }
  }
  Database::Statement known(database(), "SELECT serial FROM submission WHERE id = ?");
  return known.bind(submission.id).step() ? known.number(0) : 0;
}

void SubmissionRecords::set_outcome(const std::string& id, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  Database::Statement(database(), "UPDATE submission SET outcome = ? WHERE id = ?")
      .bind(std::string_view(outcome_name(outcome)))
      .bind(id)
      .step();
}

void SubmissionRecords::visit(const Filter& filter,
                              const std::function<void(const SubmissionRecord&)>& visit) {
  if (!std::filesystem::exists(file_)) return;
  const std::lock_guard lock(mutex_);
  Database::Statement rows(
      database(),
      "SELECT id, site, profile, serial, time, outcome, data FROM submission"
      " WHERE (?1 = '' OR site = ?1) AND (?2 = '' OR profile = ?2) AND (?3 = '' OR id = ?3)"
      " ORDER BY number");
  rows.bind(filter.site).bind(filter.profile).bind(filter.id);
  while (rows.step()) visit(record_of(rows));
}

void SubmissionRecords::load_files(SubmissionRecord& record) {
  const std::lock_guard lock(mutex_);
  Database::Statement files(database(), "SELECT number, bytes FROM file WHERE id = ?");
  files.bind(record.id);
  while (files.step()) {
    SubmittedFile& file = record.submission.files.at(static_cast<std::size_t>(files.number(0)));
    file.bytes = files.blob(1);
    file.attached = true;
  }
}

void SubmissionRecords::purge(system_clock::time_point now) {
  if (!std::filesystem::exists(file_)) return;
  const std::lock_guard lock(mutex_);
  Transaction transaction(database());
  Database::Statement(database(),
                      "DELETE FROM file WHERE id IN (SELECT id FROM submission WHERE expires <= ?)")
      .bind(seconds(now))
      .step();
  Database::Statement(database(), "DELETE FROM submission WHERE expires <= ?").bind(seconds(now)).step();
  transaction.commit();
}

}  // namespace formmail
