#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

#include "cgi-bin/seal/secret.h"
#include "cgi-bin/state/state_store.h"

// WAL with synchronous=NORMAL: a commit is one write without fsync. A process that dies loses nothing; only a
// power failure can forget the last seconds, and then a page sent twice across it would be mailed twice,
// which is the better of the two mistakes.

namespace formmail {

namespace {

constexpr int kBusyMilliseconds = 10000;
constexpr int kMostLogPages = 200;
/// A claim older than this belongs to nobody, even if its process id lives (as another program's).
constexpr std::int64_t kClaimSeconds = 900;

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS number (number BLOB PRIMARY KEY, finished INTEGER NOT NULL,"
    " owner INTEGER NOT NULL, claimed INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS number_expires ON number (expires);"
    "CREATE TABLE IF NOT EXISTS event (key TEXT NOT NULL, time INTEGER NOT NULL, forget INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_key ON event (key, time);"
    "CREATE INDEX IF NOT EXISTS event_forget ON event (forget);"
    "PRAGMA user_version=1;"
    "COMMIT;";

std::int64_t milliseconds(StateStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// One connection. Statements are prepared for each use: a CGI process needs each of them once.
class Database {
 public:
  explicit Database(const std::filesystem::path& file) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    check(sqlite3_open_v2(file.c_str(), &db_, flags, nullptr), "open");
    sqlite3_busy_timeout(db_, kBusyMilliseconds);
    // A CGI process is often the last to close: SQLite would then move its log into the file, with fsyncs.
    // The next process, if it is alone, reads the whole log: it must stay small.
    int on = 1;
    sqlite3_file_control(db_, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_wal_autocheckpoint(db_, kMostLogPages);
    run("PRAGMA synchronous=NORMAL");
    if (number("PRAGMA user_version") != 1) run(kSchema);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), "write"); }
  std::int64_t changes() const { return sqlite3_changes(db_); }

  /// The first column of the first row, -1 where there is none. Parameters are texts (as BLOBs) and numbers.
  template <typename... Parameters>
  std::int64_t number(const char* sql, const Parameters&... parameters) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr), "prepare");
    int index = 0;
    (bind(statement, ++index, parameters), ...);
    const int result = sqlite3_step(statement);
    const std::int64_t value = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) check(result, "write");
    return value;
  }

 private:
  static void bind(sqlite3_stmt* statement, int index, std::int64_t value) {
    sqlite3_bind_int64(statement, index, value);
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view value) {
    sqlite3_bind_blob(statement, index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  void check(int result, const char* what) {
    if (result == SQLITE_OK) return;
    const std::string message = db_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(db_);
    throw StateError(std::string("state.db: ") + what + ": " + message);
  }

  sqlite3* db_ = nullptr;
};

/// BEGIN IMMEDIATE ... COMMIT; rolled back where the scope is left early.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) { db_.run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (!done_) db_.number("ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    db_.run("COMMIT");
    done_ = true;
  }

 private:
  Database& db_;
  bool done_ = false;
};

class SqliteStore : public StateStore {
 public:
  explicit SqliteStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  Claim claim(std::string_view number, Time now, Time expires) override {
    const std::lock_guard lock(mutex_);
    Database& db = open();
    Transaction transaction(db);
    const std::int64_t now_ms = milliseconds(now);
    const std::int64_t me = ::getpid();
    const std::int64_t finished = db.number("SELECT finished FROM number WHERE number=?", number);
    if (finished == 1) return Claim::finished;
    if (finished == 0 && !is_abandoned(db, number, now_ms)) return Claim::taken;
    db.number("DELETE FROM number WHERE expires<?", now_ms);
    db.number("INSERT OR REPLACE INTO number VALUES (?,0,?,?,?)", number, me, now_ms, milliseconds(expires));
    transaction.commit();
    return Claim::mine;
  }

  bool is_finished(std::string_view number) override {
    const std::lock_guard lock(mutex_);
    return open().number("SELECT finished FROM number WHERE number=?", number) == 1;
  }

  void finish(std::string_view number) override {
    const std::lock_guard lock(mutex_);
    open().number("UPDATE number SET finished=1 WHERE number=?", number);
  }

  void release(std::string_view number) override {
    const std::lock_guard lock(mutex_);
    open().number("DELETE FROM number WHERE number=? AND finished=0", number);
  }

  bool count(std::string_view key, std::int64_t limit, std::chrono::seconds window, Time now) override {
    const std::lock_guard lock(mutex_);
    Database& db = open();
    Transaction transaction(db);
    if (!has_room_in(db, key, limit, window, now)) return false;
    const std::int64_t now_ms = milliseconds(now);
    db.number("DELETE FROM event WHERE forget<?", now_ms);
    db.number("INSERT INTO event VALUES (?,?,?)", key, now_ms, milliseconds(now + window));
    transaction.commit();
    return true;
  }

  bool has_room(std::string_view key, std::int64_t limit, std::chrono::seconds window, Time now) override {
    const std::lock_guard lock(mutex_);
    return has_room_in(open(), key, limit, window, now);
  }

 private:
  Database& open() {
    if (!db_) db_ = std::make_unique<Database>(directory_ / "state.db");
    return *db_;
  }

  static bool is_abandoned(Database& db, std::string_view number, std::int64_t now_ms) {
    const std::int64_t claimed = db.number("SELECT claimed FROM number WHERE number=?", number);
    if (claimed + kClaimSeconds * 1000 < now_ms) return true;
    const auto owner = static_cast<pid_t>(db.number("SELECT owner FROM number WHERE number=?", number));
    return ::kill(owner, 0) != 0 && errno == ESRCH;
  }

  static bool has_room_in(Database& db, std::string_view key, std::int64_t limit, std::chrono::seconds window,
                          Time now) {
    const std::int64_t since = milliseconds(now - window);
    return db.number("SELECT count(*) FROM event WHERE key=? AND time>?", key, since) < limit;
  }

  std::filesystem::path directory_;
  std::mutex mutex_;
  std::unique_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<StateStore> make_sqlite_store(const std::filesystem::path& directory) {
  return std::make_unique<SqliteStore>(directory);
}

}  // namespace formmail
