#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cgi-bin/state/database.h"
#include "mail/log.h"

namespace formmail {

/// A database that formmail can go on without: where its file is damaged, by a disk or a hand, that is kept
/// as FILE.damaged (in place of an earlier one), logged, and an empty one takes its place. Otherwise every
/// visitor would be refused until the hoster came. A file that was replaced meanwhile is opened anew.
///
/// Not for use from several threads at once; several processes may share the file.
class ReplaceableDatabase {
 public:
  /// Opens nothing yet. `setup` is run on each connection; "" none.
  ReplaceableDatabase(std::filesystem::path file, const char* schema, int version, const char* setup,
                      mail::Log log);

  /// Does `work` with the database; once more from its beginning where the file is damaged. Throws what it
  /// throws, and DatabaseError.
  template <typename Work>
  auto use(const Work& work) {
    try {
      return work(open());
    } catch (const DamagedDatabase& damage) {
      replace(damage.what());
    }
    return work(open());
  }

  const std::filesystem::path& file() const { return file_; }

 private:
  Database& open();
  void replace(const char* damage);

  std::filesystem::path file_;
  const char* schema_;
  int version_;
  const char* setup_;
  mail::Log log_;
  std::unique_ptr<Database> database_;
  ino_t inode_ = 0;
};

}  // namespace formmail
