#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "cgi-bin/state/replaceable_database.h"
#include "cgi-bin/state/state_store.h"

// After a power failure a page that was sent twice across it may be mailed twice: the better of the two
// mistakes.

namespace formmail {

namespace {

constexpr int kSchemaVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS number (number BLOB PRIMARY KEY, finished INTEGER NOT NULL,"
    " owner INTEGER NOT NULL, claimed INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS number_expires ON number (expires);"
    "CREATE TABLE IF NOT EXISTS event (key TEXT NOT NULL, time INTEGER NOT NULL, forget INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_key ON event (key, time);"
    "CREATE INDEX IF NOT EXISTS event_forget ON event (forget);";

/// A claim older than this belongs to nobody, even if its process id lives (as another program's).
constexpr std::int64_t kClaimSeconds = 900;

std::int64_t milliseconds(StateStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

class SqliteStore : public StateStore {
 public:
  SqliteStore(const std::filesystem::path& directory, const mail::Log& log)
      : database_(directory / "state.db", kSchema, kSchemaVersion, "", log) {}

  Claim claim(std::string_view number, Time now, Time expires) override {
    const std::lock_guard lock(mutex_);
    write_what_is_left();
    const auto left = unwritten_.find(number);
    const bool released = left != unwritten_.end() && left->second == Ending::released;
    if (left != unwritten_.end() && !released) return Claim::finished;
    const Claim claim = database_.use([&](Database& db) {
      Transaction transaction(db);
      const std::int64_t now_ms = milliseconds(now);
      if (const std::optional<Owner> owner = owner_of(db, number)) {
        if (owner->finished) return Claim::finished;
        const bool free = (released && owner->process == ::getpid()) || is_abandoned(*owner, now_ms);
        if (!free) return Claim::taken;
      }
      Database::Statement(db, "DELETE FROM number WHERE expires<?").bind(now_ms).step();
      Database::Statement(db, "INSERT OR REPLACE INTO number VALUES (?,0,?,?,?)")
          .bind_blob(number)
          .bind(static_cast<std::int64_t>(::getpid()))
          .bind(now_ms)
          .bind(milliseconds(expires))
          .step();
      transaction.commit();
      return Claim::mine;
    });
    if (released && claim == Claim::mine) unwritten_.erase(left);
    return claim;
  }

  bool is_finished(std::string_view number) override {
    const std::lock_guard lock(mutex_);
    write_what_is_left();
    if (const auto left = unwritten_.find(number); left != unwritten_.end())
      return left->second == Ending::finished;
    return database_.use([&](Database& db) {
      const std::optional<Owner> owner = owner_of(db, number);
      return owner && owner->finished;
    });
  }

  void finish(std::string_view number) override { end(number, Ending::finished); }

  void release(std::string_view number) override { end(number, Ending::released); }

  std::optional<Limit> count(const std::vector<Limit>& limits, std::chrono::seconds window,
                             Time now) override {
    const std::lock_guard lock(mutex_);
    return database_.use([&](Database& db) {
      Transaction transaction(db);
      std::optional<Limit> full = reached_in(db, limits, window, now);
      if (full) return full;
      const std::int64_t now_ms = milliseconds(now);
      Database::Statement(db, "DELETE FROM event WHERE forget<?").bind(now_ms).step();
      for (const Limit& limit : limits) {
        Database::Statement(db, "INSERT INTO event VALUES (?,?,?)")
            .bind_blob(limit.key)
            .bind(now_ms)
            .bind(milliseconds(now + window))
            .step();
      }
      transaction.commit();
      return full;
    });
  }

  void take_back(const std::vector<Limit>& limits, Time now) override {
    const std::lock_guard lock(mutex_);
    database_.use([&](Database& db) {
      Transaction transaction(db);
      for (const Limit& limit : limits) {
        Database::Statement(db,
                            "DELETE FROM event WHERE rowid IN"
                            " (SELECT rowid FROM event WHERE key=? AND time=? LIMIT 1)")
            .bind_blob(limit.key)
            .bind(milliseconds(now))
            .step();
      }
      transaction.commit();
    });
  }

  std::optional<Limit> reached(const std::vector<Limit>& limits, std::chrono::seconds window,
                               Time now) override {
    const std::lock_guard lock(mutex_);
    return database_.use([&](Database& db) { return reached_in(db, limits, window, now); });
  }

 private:
  enum class Ending { finished, released };

  struct Owner {
    bool finished;
    std::int64_t claimed;
    pid_t process;
  };

  /// Holds for this process even where it can't be written, as on a full disk; then it is written later.
  void end(std::string_view number, Ending ending) {
    const std::lock_guard lock(mutex_);
    const auto entry = unwritten_.insert_or_assign(std::string(number), ending).first;
    write_ending(number, ending);
    unwritten_.erase(entry);
  }

  void write_ending(std::string_view number, Ending ending) {
    database_.use([&](Database& db) {
      if (ending == Ending::finished) {
        Database::Statement(db, "UPDATE number SET finished=1 WHERE number=?").bind_blob(number).step();
      } else {
        // Not another's, who took it over since.
        Database::Statement(db, "DELETE FROM number WHERE number=? AND finished=0 AND owner=?")
            .bind_blob(number)
            .bind(static_cast<std::int64_t>(::getpid()))
            .step();
      }
    });
  }

  void write_what_is_left() {
    try {
      while (!unwritten_.empty()) {
        const auto first = unwritten_.begin();
        write_ending(first->first, first->second);
        unwritten_.erase(first);
      }
    } catch (const StateError&) {
      // Whoever ended it has told of this.
    }
  }

  static std::optional<Owner> owner_of(Database& db, std::string_view number) {
    Database::Statement row(db, "SELECT finished, claimed, owner FROM number WHERE number=?");
    if (!row.bind_blob(number).step()) return std::nullopt;
    return Owner{row.number(0) == 1, row.number(1), static_cast<pid_t>(row.number(2))};
  }

  static bool is_abandoned(const Owner& owner, std::int64_t now_ms) {
    // One from far in the future was made before the clock was set back.
    if (std::abs(now_ms - owner.claimed) > kClaimSeconds * 1000) return true;
    return ::kill(owner.process, 0) != 0 && errno == ESRCH;
  }

  /// Another process may be a little ahead. What lies further in the future than a window was counted before
  /// the clock was set back, and would otherwise count until the clock is there again.
  static std::optional<Limit> reached_in(Database& db, const std::vector<Limit>& limits,
                                         std::chrono::seconds window, Time now) {
    for (const Limit& limit : limits) {
      Database::Statement events(db, "SELECT count(*) FROM event WHERE key=? AND time>? AND time<=?");
      events.bind_blob(limit.key).bind(milliseconds(now - window)).bind(milliseconds(now + window)).step();
      if (events.number(0) >= limit.most) return limit;
    }
    return std::nullopt;
  }

  std::mutex mutex_;
  ReplaceableDatabase database_;
  /// How claims of this process ended that still stand in the database.
  std::map<std::string, Ending, std::less<>> unwritten_;
};

}  // namespace

std::unique_ptr<StateStore> make_sqlite_store(const std::filesystem::path& directory, const mail::Log& log) {
  return std::make_unique<SqliteStore>(directory, log);
}

}  // namespace formmail
