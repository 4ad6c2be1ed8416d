#include "scanner/supervisor/supervisor.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>

#include "mail/config.h"
#include "mail/log.h"
#include "scanner/command/exit_status.h"
#include "scanner/landlock.h"
#include "scanner/privileges.h"
#include "scanner/process.h"
#include "scanner/supervisor/engines.h"
#include "scanner/supervisor/fronts.h"
#include "scanner/supervisor/listener.h"
#include "scanner/supervisor/service_manager.h"
#include "scanner/supervisor/signature_watch.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kDrain{45};

class Supervisor {
 public:
  explicit Supervisor(const std::function<Settings()>& read)
      : read_(read),
        signals_(catch_signals()),
        // Beyond this point no signal ends the process before it has cleared up.
        settings_(read()),
        listeners_(open_listeners(settings_, {})),
        folder_("scanrelay"),
        engines_(folder_.path()) {
    give_to_user(folder_.path(), settings_.process.user);
  }

  int run() {
    note_slow_folder();
    shed_rights();
    start_front();
    engines_.start(settings_);
    while (!exit_status_) {
      wait();
      hear_front();
      engines_.hear(hear_engine_);
      handle_signals();
      reap();
      keep_running();
    }
    engines_.clear();
    return *exit_status_;
  }

 private:
  /// What is left serves to bind ports, to start processes as another user, to end them and to clear up
  /// after them.
  void shed_rights() const {
    if (::geteuid() == 0 && settings_.process.user.empty()) {
      log_.warning("front and workers run as root; set [process] user");
    }
    // Without Landlock, processes of one user may read and write each other's memory by /proc.
    if (!Landlock().available()) ::prctl(PR_SET_DUMPABLE, 0);
    forbid_new_privileges();
    keep_capabilities(
        {CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE});
  }

  /// Each scan makes files: on a disk they are most of a small mail's time.
  void note_slow_folder() const {
    struct statfs where {};
    if (::statfs(folder_.path().c_str(), &where) != 0 || where.f_type == TMPFS_MAGIC) return;
    log_.info("temporary files do not lie in a tmpfs: scans are slower",
              {{"folder", folder_.path().string()}});
  }

  static mail::FileDescriptor catch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    for (const int ignored : {SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
    return mail::FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  // What the front and the engines say.

  void start_front() {
    fronts_.start(settings_, listeners_);
    new_front_with_.reset();
    for (const EngineReady& engine : engines_.serving()) fronts_.tell(engine);
  }

  void hear_front() {
    while (const std::optional<FromFront> message = fronts_.hear()) {
      if (const auto* worker = std::get_if<KillWorker>(&*message)) {
        engines_.end_worker(*worker);
      } else if (std::holds_alternative<FrontReady>(*message) && !std::exchange(was_ready_, true)) {
        std::cerr << "ready" << '\n';
        manager_.notify("READY=1");
      }
    }
  }

  void handle(EngineReady& ready) {
    if (new_front_with_ && ready.generation >= *new_front_with_) {
      fronts_.retire();
      start_front();  // which tells it of this engine, too
    } else {
      fronts_.tell(ready);
    }
    engines_.retire_before(ready.generation);
    if (was_ready_) manager_.notify("READY=1");
  }
  void handle(WorkerStarted& worker) { fronts_.tell(std::move(worker)); }
  void handle(WorkerEnded& worker) { fronts_.tell(worker); }
  void handle(const Alive&) {}  // Engines has noted it
  void handle(EngineFailed& failed) {
    if (!was_ready_) {
      std::cerr << "scanrelay: " << failed.text << '\n';
      exit_status_ = failed.settings ? kExitUsage : kExitTempFail;
    } else {
      log_.error("engine refused", {{"error", failed.text}});
      manager_.notify("READY=1");
    }
  }

  // Processes that ended.

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (fronts_.note_end(pid)) {
        front_ended(status);
      } else if (const auto engine = engines_.note_end(pid, status, hear_engine_)) {
        if (engine->was_ready) fronts_.tell(EngineEnded{engine->setup.generation});
        if (!engine->retired) watch_.refuse(engine->was_ready ? "" : engine->files);
      }
    }
  }

  void front_ended(int status) {
    if (stopping_) {
      exit_status_ = kExitOk;
    } else if (!was_ready_ && WIFEXITED(status) && WEXITSTATUS(status) == kExitUsage) {
      exit_status_ = kExitUsage;  // it has said why
    } else {
      log_.error("front ended, starting another", {{"status", status}});
      fronts_.note_failure();
    }
  }

  // Reload.

  /// One at a time, however often it is asked for: each loads an engine beside the one that serves.
  void reload_if_asked() {
    if (engines_.loading() || !std::exchange(reload_asked_, false)) return;
    reload();
  }

  void reload() {
    manager_.reloading();
    try {
      Settings fresh = read_();
      const bool changed = !(fresh == settings_);
      if (changed) {
        std::vector<Listener> listeners = open_listeners(fresh, listeners_);
        if (!Fronts::can_start(fresh)) throw UsageError("mail could not be taken with it");
        new_front_with_ = engines_.start(fresh);
        listeners_ = std::move(listeners);
        settings_ = std::move(fresh);
      } else {
        engines_.start(settings_);
      }
      log_.info("reload", {{"configuration", changed ? "changed" : "unchanged"}});
    } catch (const std::exception& error) {
      log_.error("reload refused, all stays as it was", {{"error", error.what()}});
      manager_.notify("READY=1");
    }
  }

  void load_new_signatures(const std::string& loaded) {
    const std::optional<std::string> files = watch_.news(settings_.scanner, loaded);
    if (!files) return;
    log_.info("signature files changed");
    try {
      engines_.start(settings_);
    } catch (const std::exception& error) {
      log_.error("engine refused", {{"error", error.what()}});
      watch_.refuse(*files);
    }
  }

  // The loop.

  void wait() {
    std::vector<pollfd> waiting = {{signals_.get(), POLLIN, 0}};
    if (fronts_.running()) waiting.push_back({fronts_.fd(), POLLIN, 0});
    engines_.add_to_poll(waiting);
    // A process that has ended is reaped by its signal; until then its closed channel would keep poll()
    // awake.
    int timeout = 1000;
    if (manager_.watchdog()) timeout = std::min(timeout, static_cast<int>(manager_.watchdog()->count()));
    const auto soon = [&](Clock::time_point due) {
      const auto left = std::chrono::ceil<milliseconds>(due - Clock::now()).count();
      timeout = static_cast<int>(std::clamp<long long>(left, 1, timeout));
    };
    if (!fronts_.running()) soon(fronts_.restart_due());
    if (engines_.wanted()) soon(engines_.restart_due());
    ::poll(waiting.data(), waiting.size(), timeout);
  }

  void handle_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo == SIGHUP) reload_asked_ = true;
      if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) stop();
    }
  }

  void stop() {
    if (stopping_ || !fronts_.running()) {
      exit_status_ = kExitOk;  // asked twice, or nothing to wait for
      return;
    }
    log_.info("draining");
    manager_.notify("STOPPING=1");
    stopping_ = true;
    stop_at_ = Clock::now() + kDrain;
    fronts_.drain();
    listeners_.clear();  // else who connects now would wait until all is over
  }

  void keep_running() {
    if (stopping_) {
      if (Clock::now() >= stop_at_) {
        log_.warning("draining took too long, sessions are cut");
        exit_status_ = kExitOk;
      }
      return;
    }
    if (exit_status_) return;
    if (!fronts_.running() && Clock::now() >= fronts_.restart_due()) start_front();
    if (engines_.wanted() && Clock::now() >= engines_.restart_due()) start_wanted_engine();
    fronts_.check_pulse();
    engines_.check_pulses();
    reload_if_asked();
    if (const std::optional<std::string> loaded = engines_.newest_files()) load_new_signatures(*loaded);
    if (manager_.watchdog()) manager_.notify("WATCHDOG=1");
  }

  void start_wanted_engine() {
    try {
      engines_.start(settings_);
    } catch (const std::exception& error) {
      log_.error("engine can't start", {{"error", error.what()}});
      engines_.note_failure();
    }
  }

  const std::function<Settings()>& read_;
  mail::FileDescriptor signals_;
  Settings settings_;
  std::vector<Listener> listeners_;
  TemporaryFolder folder_;
  mail::Log log_{"scanrelay"};
  ServiceManager manager_;
  Fronts fronts_;
  Engines engines_;
  const Engines::Listener hear_engine_ = [this](FromEngine& message) {
    std::visit([this](auto& one) { handle(one); }, message);
  };
  SignatureWatch watch_;
  /// The settings changed: the first engine that was started with them brings a front with them.
  std::optional<Generation> new_front_with_;
  bool was_ready_ = false;
  bool reload_asked_ = false;
  bool stopping_ = false;
  Clock::time_point stop_at_{};
  std::optional<int> exit_status_;
};

}  // namespace

int run_supervisor(const std::function<Settings()>& read) { return Supervisor(read).run(); }

}  // namespace scanner
