#include "cgi-bin/state/database.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

#include "cgi-bin/state/locked_file.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

constexpr int kBusyMilliseconds = 10000;
constexpr int kMostLogPages = 200;
/// In kibibytes, instead of 2,000 for each file: a process that stays would grow for 250,000 requests until
/// they are full of pages that few requests look at again, and that the kernel has, too.
constexpr const char* kSmallCache = "PRAGMA cache_size=-512";

bool is_damage(int result) { return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB; }

/// SQLite would make it readable for all that the umask lets in.
void make_file(const std::filesystem::path& file) {
  try {
    // Not one that is there: closing any descriptor of it would end SQLite's locks.
    if (!std::filesystem::exists(file)) open_own_file(file);
  } catch (const std::system_error&) {
    // SQLite will say so.
  }
}

}  // namespace

Database::Database(const std::filesystem::path& file, const std::string& schema, int version) : file_(file) {
  make_file(file);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  try {
    check(sqlite3_open_v2(file.c_str(), &db_, flags, nullptr));
    sqlite3_busy_timeout(db_, kBusyMilliseconds);
    keep_log_at_close();
    run("PRAGMA synchronous=NORMAL");
    run(kSmallCache);
    const std::int64_t found = schema_version();
    // Written to as an older one, it would be no good to the newer program either.
    if (found > version)
      throw DatabaseError(file.filename().string() + ": written by a newer formmail (schema " +
                          std::to_string(found) + ")");
    if (found != version) make_schema(schema, version);
  } catch (...) {
    close();
    throw;
  }
}

/// One process at a time: SQLite doesn't wait for another one that changes the journal mode, but fails. The
/// lock is the folder's, as closing any descriptor of the file itself would end SQLite's locks on it.
void Database::make_schema(const std::string& schema, int version) {
  const mail::FileDescriptor folder(::open(file_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (::flock(folder.get(), LOCK_EX) != 0 && errno == EINTR) continue;
  if (schema_version() == version) return;
  run("PRAGMA journal_mode=WAL");
  run(("BEGIN IMMEDIATE;" + schema + "PRAGMA user_version=" + std::to_string(version) + ";COMMIT").c_str());
}

/// A CGI process is often the last one to close the file. By default SQLite then moves its log into it, with
/// an fsync or four: once a submission, where once in many will do. But the next process reads the whole log
/// if it is alone: it must stay small.
void Database::keep_log_at_close() {
  int on = 1;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(db_, kMostLogPages);
}

std::int64_t Database::schema_version() {
  Statement version(*this, "PRAGMA user_version");
  return version.step() ? version.number(0) : 0;
}

Database::~Database() { close(); }

void Database::close() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

void Database::check(int result) {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
  const std::string error =
      file_.filename().string() + ": " + (db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(result));
  if (is_damage(result)) throw DamagedDatabase(error);
  throw DatabaseError(error);
}

bool Database::is_damaged(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  sqlite3_stmt* check = nullptr;
  int result = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite3_busy_timeout(db, kBusyMilliseconds);
  if (result == SQLITE_OK) result = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &check, nullptr);
  if (result == SQLITE_OK) result = sqlite3_step(check);
  const auto* text = result == SQLITE_ROW ? sqlite3_column_text(check, 0) : nullptr;
  const bool complains = text != nullptr && std::string_view(reinterpret_cast<const char*>(text)) != "ok";
  sqlite3_finalize(check);
  sqlite3_close_v2(db);
  return complains || is_damage(result);
}

void Database::run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }

sqlite3_stmt* Database::prepared(const char* sql) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return prepared_.emplace(sql, statement).first->second;
}

Database::Statement::Statement(Database& database, const char* sql)
    : database_(database), statement_(database.prepared(sql)) {}

Database::Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Database::Statement& Database::Statement::bind(std::int64_t number) {
  database_.check(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

Database::Statement& Database::Statement::bind(std::string_view text) {
  database_.check(sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(),
                                      text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Database::Statement& Database::Statement::bind_blob(std::string_view bytes) {
  database_.check(sqlite3_bind_blob64(statement_, ++bound_, bytes.data() == nullptr ? "" : bytes.data(),
                                      bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Database::Statement::step() {
  const int result = sqlite3_step(statement_);
  database_.check(result);
  return result == SQLITE_ROW;
}

std::int64_t Database::Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Database::Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return text == nullptr ? std::string() : std::string(text, size);
}

std::string Database::Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

Transaction::Transaction(Database& database) : database_(database) {
  Database::Statement(database_, "BEGIN IMMEDIATE").step();
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const DatabaseError&) {
    // SQLite has undone it by itself, as it does when the disk is full.
  }
}

void Transaction::commit() {
  Database::Statement(database_, "COMMIT").step();
  open_ = false;
}

}  // namespace formmail
