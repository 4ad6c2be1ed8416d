#pragma once

#include <functional>
#include <map>
#include <string>

#include "scanner/channel/messages.h"
#include "scanner/command/end_signals.h"
#include "scanner/engine/engine_client.h"
#include "scanner/engine/signature_sets.h"
#include "scanner/process.h"

namespace scanner {

/// Messages scanned by the workers of an engine of its own, without SMTP: what `scan` does. SIGTERM, SIGINT
/// and SIGHUP end the constructor and run() with Interrupted.
class ScanRun {
 public:
  /// A message to scan; `key` is the caller's own.
  struct Message {
    std::string key;
    mail::FileDescriptor memfd;  ///< sealed
  };
  static constexpr std::uint64_t kMostMessageBytes = std::uint64_t{1} << 30;
  using Next = std::function<std::optional<Message>()>;
  using Done = std::function<void(Message, ScanResult)>;

  /// Loads the signatures. Throws UsageError if they can't be used.
  ScanRun(const Settings& settings, int workers);
  ~ScanRun();

  /// "1.4.6/27500".
  const std::string& version() const { return version_; }
  const SignatureSets& signatures() const { return signatures_; }

  /// Gives each message of `next` to a worker, as many at a time as there are workers, and calls `done` with
  /// what the worker answered; if it died, with verdict error and the cause.
  void run(const Next& next, const Done& done);

 private:
  struct Worker;
  void await_ready();
  void hear_engine();
  void hear_worker(WorkerId id, const Done& done);
  void give(Worker& worker, Message message);
  void finish(Worker& worker, const std::string& reason, const Done& done);

  EndSignals signals_;
  TemporaryFolder folder_;
  SignatureSets signatures_;
  std::string version_;
  std::map<WorkerId, Worker> workers_;
  std::map<WorkerId, WorkerEnd> ends_;
  std::optional<EngineClient> engine_;
};

}  // namespace scanner
