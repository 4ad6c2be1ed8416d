#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mail/file_descriptor.h"
#include "scanner/quarantine/entry.h"

namespace scanner {

/// The quarantine on disk: a Maildir, with the envelopes beside its messages.
///
///     DIRECTORY/new/ID               the original, every byte as it came (cur/ID:2,... once a mail program
///     saw it) DIRECTORY/envelopes/ID.json    a QuarantineEntry DIRECTORY/tmp/                 what is being
///     written
///
/// A message is there once it stands in new/, which is the last step; its envelope is on disk before that.
/// The ID is a digest of message and envelope: a sender that tries again does not fill the quarantine.
/// Folders are 0700, files 0600. Several processes may use one directory. Everything throws
/// std::system_error.
class QuarantineStore {
 public:
  struct Usage {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;  ///< of the messages
  };

  /// Makes what is missing of the directory (not its parents) and checks that it can be written.
  static QuarantineStore make(const std::filesystem::path& directory);
  /// One that must exist.
  explicit QuarantineStore(std::filesystem::path directory);

  struct Kept {
    std::string id;
    bool added = false;  ///< false: it was there already
  };
  /// Writes and syncs a message: all of `fd`, which is read by position. `entry` needs no id.
  Kept keep(int fd, QuarantineEntry entry) const;

  /// Ids and times only; oldest first. Cheap beside list().
  struct Item {
    std::string id;
    std::int64_t time = 0;
    std::uint64_t size = 0;
  };
  std::vector<Item> items() const;

  /// Every entry, oldest first. One whose envelope can't be read has a `reason` that says so.
  std::vector<QuarantineEntry> list() const;

  bool has(const std::string& id) const;
  /// Throws std::runtime_error too, for an envelope that is none.
  QuarantineEntry read(const std::string& id) const;
  mail::FileDescriptor open_message(const std::string& id) const;

  /// Replaces the envelope.
  void update(const QuarantineEntry& entry) const;
  void remove(const std::string& id) const;

  /// Removes messages kept before `oldest` (seconds since 1970), then the oldest until all have at most
  /// `most_bytes`; what a crash has left over, too. Returns what remains.
  Usage sweep(std::int64_t oldest, std::uint64_t most_bytes) const;

 private:
  std::filesystem::path message_path(const std::string& id) const;
  std::filesystem::path envelope_path(const std::string& id) const;
  std::filesystem::path draft_path() const;
  void write_envelope(const QuarantineEntry& entry) const;
  void remove_leftovers(const std::vector<Item>& items) const;

  std::filesystem::path directory_;
};

}  // namespace scanner
