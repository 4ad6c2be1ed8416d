#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "mail/file_descriptor.h"
#include "mail/smtp/client.h"

namespace formmail {

/// A file of the outbox that holds no mail: half of one, or something else.
struct NotAnEntry : std::runtime_error {
  explicit NotAnEntry(const std::string& why) : std::runtime_error("not an outbox entry: " + why) {}
};

/// A mail that waits, or that was refused for good.
struct OutboxEntry {
  std::string id;  ///< file name: letters, digits and hyphens
  std::string site;
  std::string profile;
  mail::SmtpEnvelope envelope;  ///< recipients: those who don't have it yet
  std::chrono::system_clock::time_point submitted;
  std::chrono::system_clock::time_point next_attempt;  ///< also the file's time of modification
  int attempts = 0;
  std::string reason;   ///< of the last failure
  std::string message;  ///< as mail::compose() made it
};

/// Mails on disk. One file a mail holds its envelope and its message; it appears by rename, whole and
/// fsynced, or not at all. Several processes may use one outbox.
///
///     DIRECTORY/queue/ID     to be retried
///     DIRECTORY/failed/ID    refused for good, kept for the hoster
class Outbox {
 public:
  enum class Folder { queue, failed };

  /// Makes the folders when they are first needed.
  explicit Outbox(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Writes the entry, in place of one with the same id. Returns once all of it is on the disk. Throws
  /// std::system_error; then the old entry, if there was one, is as it was.
  void store(Folder folder, const OutboxEntry& entry) const;

  /// Writes the entry into failed, for its recipients and for those that one of the same id there has.
  /// Throws as store() does.
  void add_failed(OutboxEntry entry) const;

  /// Moves an entry from failed to the queue, as one submitted `now`, to the recipients of one that waits
  /// there under the same id. False if another process has claimed that one. Throws as store() and read().
  bool revive(const std::string& id, std::chrono::system_clock::time_point now) const;

  struct Listed {
    std::string id;
    std::chrono::system_clock::time_point next_attempt;
  };
  /// What is in a folder, in the order of the next attempts. Opens none of the files. Throws
  /// std::system_error if the folder can't be read.
  std::vector<Listed> list(Folder folder) const;

  /// When the first of those in a folder was submitted; reads the beginning of each. Nothing if there is
  /// none.
  std::optional<std::chrono::system_clock::time_point> oldest(Folder folder) const;

  /// Nothing if there is no such entry. Throws std::system_error if it can't be read, NotAnEntry.
  std::optional<OutboxEntry> read(Folder folder, const std::string& id) const;

  /// False if there was none.
  bool remove(Folder folder, const std::string& id) const;

  /// Whether a mail of that id is in the queue, and will be after a power failure.
  bool is_queued(const std::string& id) const;

  enum class Removal { removed, absent, busy };
  /// Removes a mail that is not being sent, whatever its file holds.
  Removal remove_idle(const std::string& id) const;

  /// An entry whose next attempt comes then, whatever its file holds. Throws nothing.
  void put_off(const std::string& id, std::chrono::system_clock::time_point next_attempt) const;

  /// An entry of the queue that this process alone works on until it is destroyed.
  class Claim {
   public:
    OutboxEntry entry;

   private:
    friend class Outbox;
    mail::FileDescriptor lock_;
  };
  /// Nothing if there is no such entry, or another process has claimed it. Throws as read().
  std::optional<Claim> claim(const std::string& id) const;

  /// Where no entry can be written (a full disk): strikes those who have the mail from the claimed one's own
  /// bytes, and puts its next attempt off. Throws std::system_error.
  void strike(const Claim& claim, const std::vector<mail::Address>& delivered,
              std::chrono::system_clock::time_point next_attempt) const;

  /// Removes what processes left behind that were killed while they wrote. Throws nothing.
  void sweep() const;

 private:
  mail::FileDescriptor locked_failed() const;
  mail::FileDescriptor locked_entry(const std::string& id) const;
  std::filesystem::path folder(Folder folder) const;
  std::filesystem::path path(Folder folder, const std::string& id) const;
  std::filesystem::path directory_;
};

/// Whether `id` can be an entry's file name.
bool is_outbox_id(std::string_view id);

}  // namespace formmail
