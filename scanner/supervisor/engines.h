#pragma once

#include <poll.h>

#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "mail/log.h"
#include "scanner/channel/messages.h"
#include "scanner/engine/engine_client.h"
#include "scanner/settings.h"
#include "scanner/supervisor/pulse.h"
#include "scanner/supervisor/restart.h"

namespace scanner {

/// The engine that serves, one that may be loading to take over, and those that end with their last worker.
class Engines {
 public:
  /// What an engine says goes here.
  using Listener = std::function<void(FromEngine&)>;

  /// `folder`: where each gets a folder for temporary files, which goes with it.
  explicit Engines(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Starts one, at low priority where another serves. Throws UsageError if signatures or templates are
  /// missing.
  Generation start(const Settings& settings);
  /// None is left, so that one is to be started at restart_due().
  bool wanted() const { return wanted_; }
  Restart::Clock::time_point restart_due() const { return restart_.due(); }
  /// One does not serve yet.
  bool loading() const;
  /// One could not even be started.
  void note_failure();

  /// Those that serve: what a new front has to know.
  std::vector<EngineReady> serving() const;
  /// Those before `generation` end with their last workers.
  void retire_before(Generation generation);
  void end_worker(const KillWorker& worker) const;

  /// To be called in each round: those that hang are ended, with their workers.
  void check_pulses();

  void add_to_poll(std::vector<pollfd>& waiting) const;
  /// Passes on all that they say. One that sends garbage or closes its end is killed.
  void hear(const Listener& listener);

  /// An engine that ended.
  struct Ended {
    EngineSetup setup;
    std::string files;  ///< fingerprint() of the signatures that it loaded
    bool was_ready = false;
    bool retired = false;
  };
  /// Which engine `pid` was, if any; what it said last goes to `listener` before.
  std::optional<Ended> note_end(pid_t pid, int status, const Listener& listener);

  /// fingerprint() of the signatures that the newest one serves with; nothing while it loads.
  std::optional<std::string> newest_files() const;
  /// Ends all.
  void clear() { engines_.clear(); }

 private:
  struct Engine {
    EngineSetup setup;
    std::string files;
    std::optional<EngineClient> client;
    std::optional<EngineReady> ready;
    bool retired = false;
    Pulse pulse;
  };

  EngineSetup setup_for(const Settings& settings);
  void hear(Engine& engine, const Listener& listener) const;

  mail::Log log_{"scanrelay"};
  std::filesystem::path folder_;
  std::list<Engine> engines_;
  Generation generation_ = 0;
  Restart restart_;
  bool wanted_ = false;
};

}  // namespace scanner
