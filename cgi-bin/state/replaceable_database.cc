#include "cgi-bin/state/replaceable_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>

#include "cgi-bin/state/locked_file.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;

ino_t inode_of(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

void move_if_there(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error && error != std::errc::no_such_file_or_directory)
    throw DatabaseError(from.string() + ": can't be set aside: " + error.message());
}

}  // namespace

ReplaceableDatabase::ReplaceableDatabase(fs::path file, const char* schema, int version, const char* setup,
                                         mail::Log log)
    : file_(std::move(file)), schema_(schema), version_(version), setup_(setup), log_(std::move(log)) {}

Database& ReplaceableDatabase::open() {
  if (database_ && inode_of(file_) != inode_) database_.reset();
  if (database_) return *database_;
  auto opened = std::make_unique<Database>(file_, schema_, version_);
  opened->run(setup_);
  database_ = std::move(opened);
  inode_ = inode_of(file_);
  return *database_;
}

/// One process at a time, and each looks for itself: another one may have done it. What makes a new file is
/// the same lock's business.
void ReplaceableDatabase::replace(const char* damage) {
  database_.reset();
  const fs::path folder = file_.parent_path();
  const mail::FileDescriptor alone(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  try {
    lock(alone.get(), folder);
  } catch (const std::system_error& error) {
    throw DatabaseError(error.what());
  }
  if (!Database::is_damaged(file_)) return;
  const std::string aside = file_.string() + ".damaged";
  // The log first: behind the file it would be taken for the new one's.
  move_if_there(file_.string() + "-wal", aside + "-wal");
  move_if_there(file_.string() + "-shm", aside + "-shm");
  move_if_there(file_, aside);
  log_.error("database-replaced", {{"error", damage}, {"kept", aside}});
}

}  // namespace formmail
