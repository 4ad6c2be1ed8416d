#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/state/state_error.h"
#include "mail/log.h"

namespace formmail {

/// What formmail has to remember between requests: which one-time numbers are used up, and how often
/// something happened lately. Small, so that a shared store can stand here for several web servers.
///
/// Safe from several threads and processes. Every call throws StateError when the store can't be asked.
class StateStore {
 public:
  using Time = std::chrono::system_clock::time_point;

  enum class Claim {
    mine,      ///< nobody had it: the caller sends, then calls finish() or release()
    finished,  ///< used up: what it stood for was sent
    taken,     ///< somebody is sending just now
  };

  virtual ~StateStore() = default;

  /// Takes a one-time number. A claim whose process died without finish() or release() is free again.
  /// A number is forgotten some time after `expires`.
  virtual Claim claim(std::string_view number, Time now, Time expires) = 0;
  virtual bool is_finished(std::string_view number) = 0;
  virtual void finish(std::string_view number) = 0;
  virtual void release(std::string_view number) = 0;

  /// At most `most` of `key` in a window.
  struct Limit {
    std::string key;
    std::int64_t most;
  };
  /// Counts one more of each key. Where one of them happened as often as its limit in the last `window`, that
  /// one is returned and none is counted.
  virtual std::optional<Limit> count(const std::vector<Limit>& limits, std::chrono::seconds window,
                                     Time now) = 0;
  /// Takes back what count() counted with the same arguments.
  virtual void take_back(const std::vector<Limit>& limits, Time now) = 0;
  /// What count() would return.
  virtual std::optional<Limit> reached(const std::vector<Limit>& limits, std::chrono::seconds window,
                                       Time now) = 0;
};

/// The embedded store: `directory`/state.db, SQLite in WAL mode; opened by the first call that needs it. A
/// damaged one is replaced: a page that was sent before may then be mailed twice, and limits begin anew.
std::unique_ptr<StateStore> make_sqlite_store(const std::filesystem::path& directory, const mail::Log& log);

}  // namespace formmail
