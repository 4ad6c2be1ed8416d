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
    "CREATE TABLE IF NOT EXISTS submission (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " site TEXT NOT NULL, profile TEXT NOT NULL, serial INTEGER NOT NULL, time INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, outcome TEXT NOT NULL, data TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS file (id TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (id, number));";

std::int64_t seconds(system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// Initializer lists would copy each value, and what they hold, once more.
json to_json(const Submission& submission) {
  json fields = json::array();
  for (const SubmittedField& field : submission.fields) {
    json& written = fields.emplace_back(json::object());
    written["name"] = field.name;
    written["label"] = field.label;
    written["value"] = field.value;
  }
  json files = json::array();
  for (const SubmittedFile& file : submission.files) {
    json& written = files.emplace_back(json::object());
    written["field"] = file.field;
    written["label"] = file.label;
    written["name"] = file.file_name;
    written["type"] = file.media_type;
    written["size"] = file.bytes.size();
  }
  json data;
  data["language"] = submission.language;
  data["page_url"] = submission.page_url;
  data["client_address"] = submission.client_address;
  data["fields"] = std::move(fields);
  data["files"] = std::move(files);
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

/// A record as the database has it.
struct Row {
  std::string id;
  std::string site;
  std::string profile;
  std::int64_t serial = 0;
  std::int64_t time = 0;
  std::int64_t expires = 0;
  json data;
};

Row row_of(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial) {
  const std::int64_t time = seconds(submission.time);
  const std::int64_t expires = time + std::int64_t{86400} * profile.keep_days;
  return {submission.id, site.name, profile.name, serial, time, expires, to_json(submission)};
}

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

void insert(Database& database, const Row& row) {
  const std::string data = text_of(row.data);
  Database::Statement(
      database,
      "INSERT INTO submission (id, site, profile, serial, time, expires, outcome, data)"
      " VALUES (?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (id) DO UPDATE SET serial = excluded.serial")
      .bind(row.id)
      .bind(row.site)
      .bind(row.profile)
      .bind(row.serial)
      .bind(row.time)
      .bind(row.expires)
      .bind(data)
      .step();
}

void insert_files(Database& database, const Submission& submission) {
  for (std::size_t i = 0; i < submission.files.size(); ++i) {
    Database::Statement(database, "INSERT OR REPLACE INTO file VALUES (?, ?, ?)")
        .bind(submission.id)
        .bind(static_cast<std::int64_t>(i))
        .bind_blob(submission.files[i].bytes)
        .step();
  }
}

void update_outcome(Database& database, const std::string& id, const std::string& outcome) {
  Database::Statement(database, "UPDATE submission SET outcome = ? WHERE id = ?")
      .bind(outcome)
      .bind(id)
      .step();
}

std::string journal_line(Row&& row) {
  json line;
  line["id"] = row.id;
  line["site"] = row.site;
  line["profile"] = row.profile;
  line["serial"] = row.serial;
  line["time"] = row.time;
  line["expires"] = row.expires;
  line["data"] = std::move(row.data);
  return text_of(line);
}

/// A line of the journal: a record, or the outcome of an earlier one.
void take(Database& database, const json& line) {
  if (line.contains("outcome")) return update_outcome(database, line.at("id"), line.at("outcome"));
  insert(database, {line.at("id"), line.at("site"), line.at("profile"), line.at("serial"), line.at("time"),
                    line.at("expires"), line.at("data")});
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

// What is committed is on the disk: the journal is removed after it.
SubmissionRecords::SubmissionRecords(const std::filesystem::path& directory, const mail::Log& log)
    : database_(directory / "submissions.db", kSchema, kVersion, "PRAGMA synchronous=FULL", log),
      journal_(directory / "submissions.journal"),
      serials_(directory / "serials") {}

bool SubmissionRecords::has_none() const {
  return !std::filesystem::exists(database_.file()) && journal_.is_empty();
}

/// Beyond this point the database has all that was recorded.
void SubmissionRecords::take_over_journal(Database& records) {
  journal_.take_over([&](std::istream& lines) {
    Transaction transaction(records);
    for (std::string line; std::getline(lines, line);) {
      try {
        take(records, json::parse(line));
      } catch (const json::exception&) {
        // Torn, by a power failure or a full disk: there is nothing to be had from it.
      }
    }
    transaction.commit();
  });
}

std::int64_t SubmissionRecords::next_serial(const Site& site, const Profile& profile) {
  return serials_.next(site.name, profile.name);
}

void SubmissionRecords::give_back(const Site& site, const Profile& profile, std::int64_t serial) {
  serials_.give_back(site.name, profile.name, serial);
}

void SubmissionRecords::add(const Site& site, const Profile& profile, const Submission& submission,
                            std::int64_t serial) {
  if (profile.keep_days == 0) return;
  Row row = row_of(site, profile, submission, serial);
  if (!profile.keep_files || submission.files.empty()) return journal_.append(journal_line(std::move(row)));
  const std::lock_guard lock(mutex_);
  database_.use([&](Database& records) {
    take_over_journal(records);  // first: records are listed in their order
    Transaction transaction(records);
    insert(records, row);
    insert_files(records, submission);
    transaction.commit();
  });
}

void SubmissionRecords::set_outcome(const std::string& id, Outcome outcome) {
  journal_.append(text_of({{"id", id}, {"outcome", outcome_name(outcome)}}));
}

void SubmissionRecords::visit(const Filter& filter,
                              const std::function<void(const SubmissionRecord&)>& visit) {
  if (has_none()) return;
  const std::lock_guard lock(mutex_);
  database_.use([&](Database& records) {
    take_over_journal(records);
    Database::Statement rows(
        records,
        "SELECT id, site, profile, serial, time, outcome, data FROM submission"
        " WHERE (?1 = '' OR site = ?1) AND (?2 = '' OR profile = ?2) AND (?3 = '' OR id = ?3)"
        " ORDER BY number");
    rows.bind(filter.site).bind(filter.profile).bind(filter.id);
    while (rows.step()) visit(record_of(rows));
  });
}

void SubmissionRecords::load_files(SubmissionRecord& record) {
  const std::lock_guard lock(mutex_);
  database_.use([&](Database& records) {
    Database::Statement files(records, "SELECT number, bytes FROM file WHERE id = ?");
    files.bind(record.id);
    while (files.step()) {
      SubmittedFile& file = record.submission.files.at(static_cast<std::size_t>(files.number(0)));
      file.bytes = files.blob(1);
      file.attached = true;
    }
  });
}

void SubmissionRecords::shorten_journal() {
  constexpr std::uintmax_t kLong = 4 << 20;
  if (journal_.size() < kLong) return;
  const std::lock_guard lock(mutex_);
  database_.use([&](Database& records) { take_over_journal(records); });
}

void SubmissionRecords::purge(system_clock::time_point now) {
  if (has_none()) return;
  const std::lock_guard lock(mutex_);
  database_.use([&](Database& records) {
    take_over_journal(records);
    Transaction transaction(records);
    Database::Statement(records,
                        "DELETE FROM file WHERE id IN (SELECT id FROM submission WHERE expires <= ?)")
        .bind(seconds(now))
        .step();
    Database::Statement(records, "DELETE FROM submission WHERE expires <= ?").bind(seconds(now)).step();
    transaction.commit();
  });
}

}  // namespace formmail
