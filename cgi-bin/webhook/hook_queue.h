#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mail/file_descriptor.h"

namespace formmail {

/// A call that a profile's webhook has not taken yet. URL and secret are not in it: they are read from the
/// site's file each time, as they may have changed.
struct WaitingHook {
  std::string id;  ///< the submission's
  std::string site;
  std::string profile;
  std::string body;  ///< JSON
  std::chrono::system_clock::time_point submitted;
  std::chrono::system_clock::time_point next_attempt;  ///< also the file's time of modification
  int attempts = 0;
  std::string reason;  ///< of the last failure
};

/// Calls on disk: one JSON file each, which appears by rename, whole and fsynced. Several processes may use
/// one queue.
///
///     OUTBOX/webhooks/ID
class HookQueue {
 public:
  explicit HookQueue(const std::filesystem::path& outbox) : folder_(outbox / "webhooks") {}

  /// In place of one with the same id. Throws std::system_error.
  void store(const WaitingHook& hook) const;

  struct Listed {
    std::string id;
    std::chrono::system_clock::time_point next_attempt;
  };
  /// The last to be tried first. Opens none of the files.
  std::vector<Listed> list() const;

  /// Nothing if there is none. Throws std::exception if it can't be read or is none.
  std::optional<WaitingHook> read(const std::string& id) const;
  /// Sets the time of its next attempt. Nothing happens if there is none.
  void postpone(const std::string& id, std::chrono::system_clock::time_point until) const;
  /// False if there was none.
  bool remove(const std::string& id) const;

  /// A call that this process alone works on until it is destroyed.
  struct Claim {
    WaitingHook hook;
    mail::FileDescriptor lock;
  };
  /// Nothing if there is none, or another process has claimed it. Throws as read() does.
  std::optional<Claim> claim(const std::string& id) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace formmail
