#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "cgi-bin/state/state_error.h"

namespace formmail {

/// The database can't be asked or written: locked, broken, disk full.
struct DatabaseError : StateError {
  using StateError::StateError;
};

/// The file holds no database, or a broken one.
struct DamagedDatabase : DatabaseError {
  using DatabaseError::DatabaseError;
};

/// One SQLite connection in WAL mode. Not for use from several threads at once; several processes may share
/// the file. Every call throws DatabaseError.
///
/// synchronous=NORMAL: a commit is one write without fsync. A process that dies loses nothing, only a power
/// failure can forget the last seconds.
class Database {
 public:
  /// Opens the file, made with mode 0600 if need be, and runs `schema` (CREATE ... IF NOT EXISTS) if its
  /// user_version is below `version`. A file of a newer program is an error, and stays as it is.
  Database(const std::filesystem::path& file, const std::string& schema, int version);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Reads all of a file. False also where it can't be opened: that tells nothing of it.
  static bool is_damaged(const std::filesystem::path& file);

  void run(const char* sql);

  /// A statement, compiled when it is first used and kept for the next use: `sql` must be a literal. No
  /// second one with the same text may live at the same time.
  class Statement {
   public:
    Statement(Database& database, const char* sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& bind(std::int64_t number);
    /// The bytes must live until the statement ends.
    Statement& bind(std::string_view text);
    Statement& bind_blob(std::string_view bytes);
    /// False at the end.
    bool step();
    std::int64_t number(int column) const;
    std::string text(int column) const;
    std::string blob(int column) const;

   private:
    Database& database_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
  };

 private:
  void check(int result);
  void close();
  void keep_log_at_close();
  std::int64_t schema_version();
  void make_schema(const std::string& schema, int version);
  sqlite3_stmt* prepared(const char* sql);
  std::filesystem::path file_;
  sqlite3* db_ = nullptr;
  std::map<std::string_view, sqlite3_stmt*> prepared_;
};

/// A write transaction; undone unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace formmail
