#include "scanner/supervisor/supervisor.h"

#include <linux/capability.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <list>
#include <optional>

#include "mail/config.h"
#include "mail/log.h"
#include "scanner/command/exit_status.h"
#include "scanner/engine/engine_client.h"
#include "scanner/engine/signature_sets.h"
#include "scanner/front/front_process.h"
#include "scanner/notice_templates.h"
#include "scanner/privileges.h"
#include "scanner/process.h"
#include "scanner/supervisor/listener.h"
#include "scanner/supervisor/service_manager.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kDrain{45};
// A process that ends at once is started again at once; one that goes on ending, ever more slowly.
constexpr milliseconds kFirstPause{50};
constexpr seconds kLongestPause{10};
constexpr seconds kStable{30};
// How often the signature files are looked at, and how long they must have been left alone: freshclam
// replaces several, one after another.
constexpr seconds kWatchPeriod{5};

/// When to start a process again that ended.
class Restart {
 public:
  void note_start() { started_ = Clock::now(); }
  void note_end() {
    pause_ =
        Clock::now() - started_ > kStable ? kFirstPause : std::min<milliseconds>(pause_ * 2, kLongestPause);
    due_ = Clock::now() + pause_;
  }
  Clock::time_point due() const { return due_; }

 private:
  milliseconds pause_ = kFirstPause / 2;
  Clock::time_point started_{};
  Clock::time_point due_{};
};

struct Engine {
  EngineSetup setup;
  std::string fingerprint;  // of the signature files when it began to load them
  std::optional<EngineClient> client;
  std::optional<EngineReady> ready;
  bool retired = false;
  bool new_front = false;  // the settings changed: when it is ready, a front of its own takes over
};

struct FrontChild {
  pid_t pid = -1;
  Channel channel;
};

class Supervisor {
 public:
  explicit Supervisor(const std::function<Settings()>& read)
      : read_(read), settings_(read()), folder_("scanrelay") {
    give_to_user(folder_.path(), settings_.process.user);
    listeners_ = open_listeners(settings_);
  }

  int run() {
    catch_signals();
    shed_rights();
    start_front();
    start_engine(settings_, false);
    while (!exit_status_) {
      wait();
      pass_messages();
      handle_signals();
      reap();
      keep_running();
    }
    engines_.clear();
    return *exit_status_;
  }

 private:
  std::vector<Listener> open_listeners(const Settings& settings) {
    std::vector<Listener> opened;
    const auto open = [&](const std::string& address, ListenerKind kind) {
      const auto same = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& listener) {
        return listener.address == address && listener.socket;
      });
      if (same == listeners_.end()) {
        opened.push_back(open_listener(address, kind));
      } else {
        opened.push_back({address, kind, mail::FileDescriptor(::dup(same->socket.get()))});
      }
    };
    for (const std::string& address : settings.smtp.listen) open(address, ListenerKind::smtp);
    for (const std::string& address : settings.smtp.listen_tls) open(address, ListenerKind::smtps);
    if (!settings.metrics.listen.empty()) open(settings.metrics.listen, ListenerKind::metrics);
    return opened;
  }

  /// What is left serves to bind ports, to start processes as another user, to end them and to clear up
  /// after them.
  void shed_rights() const {
    if (::geteuid() == 0 && settings_.process.user.empty()) {
      log_.warning("front and workers run as root; set [process] user");
    }
    forbid_new_privileges();
    keep_capabilities(
        {CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE});
  }

  void catch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_.reset(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  // The front.

  void start_front() {
    auto [mine, its] = Channel::pair();
    FrontSetup setup;
    setup.settings = settings_;
    setup.restarts = front_restarts_;
    make_quarantine();
    std::vector<int> keep = {its.fd()};
    for (const Listener& listener : listeners_) {
      setup.listeners.push_back({listener.socket.get(), listener.kind});
      keep.push_back(listener.socket.get());
    }
    const Channel& kept = its;
    front_.pid = fork_process("sr-front", keep, [&] { return run_front(kept, setup); });
    front_.channel = std::move(mine);
    front_.channel.set_non_blocking();
    front_restart_.note_start();
    for (const Engine& engine : engines_) {
      if (engine.ready && !engine.retired) tell_front(*engine.ready);
    }
  }

  /// The front may not be allowed to make a folder where state is kept. Where this fails, the front says why.
  void make_quarantine() const {
    const std::filesystem::path& folder = settings_.quarantine.directory;
    if (!folder.empty() && ::mkdir(folder.c_str(), 0700) == 0) give_to_user(folder, settings_.process.user);
  }

  template <class Message>
  void tell_front(Message message) {
    if (front_.pid < 0) return;  // what a worker's socket is closed here, ends the worker: another will come
    send<ToFront>(front_.channel, ToFront(std::move(message)));
  }

  void hear_front() {
    while (front_.pid >= 0) {
      const Arrival<FromFront> arrival = receive<FromFront>(front_.channel);
      // It ends, or it only closed the channel: then it must end.
      if (arrival.what == Channel::Received::end) ::kill(front_.pid, SIGKILL);
      if (arrival.what != Channel::Received::packet) return;
      if (const auto* kill = std::get_if<KillWorker>(&*arrival.message)) {
        for (const Engine& engine : engines_) {
          if (engine.setup.generation == kill->generation) send<ToEngine>(engine.client->channel(), *kill);
        }
      } else if (!std::exchange(was_ready_, true)) {
        std::cerr << "ready" << std::endl;
        manager_.notify("READY=1");
      }
    }
  }

  void front_ended(int status) {
    front_ = {};
    if (stopping_) {
      exit_status_ = kExitOk;
    } else if (!was_ready_ && WIFEXITED(status) && WEXITSTATUS(status) == kExitUsage) {
      exit_status_ = kExitUsage;  // it has said why
    } else {
      log_.error("front ended, starting another", {{"status", status}});
      front_restart_.note_end();
      ++front_restarts_;
    }
  }

  // The engines.

  void start_engine(const Settings& settings, bool new_front) {
    Engine& engine = engines_.emplace_back();
    engine.new_front = new_front;
    EngineSetup& setup = engine.setup;
    setup.generation = ++generation_;
    setup.sets = find_signature_sets(settings.scanner.databases);
    setup.workers = worker_count(settings.scanner);
    setup.settings = settings.scanner;
    setup.most_message_bytes = settings.smtp.max_message_bytes + 1;
    setup.notice = notice_templates(settings.notice);
    setup.user = settings.process.user;
    setup.in_background = std::any_of(engines_.begin(), engines_.end(),
                                      [](const Engine& other) { return other.ready && !other.retired; });
    setup.temporary_folder = folder_.path() / ("engine-" + std::to_string(setup.generation));
    std::filesystem::create_directory(setup.temporary_folder);
    give_to_user(setup.temporary_folder, setup.user);
    engine.fingerprint = fingerprint(setup.sets);
    engine.client.emplace(setup);
    engine.client->channel().set_non_blocking();
    engine_restart_.note_start();
    std::string paths;
    for (const auto& path : setup.sets.paths) paths += (paths.empty() ? "" : " ") + path.string();
    log_.info("engine loads", {{"generation", setup.generation},
                               {"signatures", setup.sets.chosen_by},
                               {"paths", paths},
                               {"workers", setup.workers}});
  }

  void hear(Engine& engine) {
    while (true) {
      Arrival<FromEngine> arrival = receive<FromEngine>(engine.client->channel());
      if (arrival.what == Channel::Received::end) engine.client->kill();
      if (arrival.what != Channel::Received::packet) return;
      std::visit([&](auto& message) { handle(engine, message); }, *arrival.message);
    }
  }

  void handle(Engine& engine, EngineReady& ready) {
    engine.ready = ready;
    if (engine.new_front) replace_front();
    tell_front(ready);
    for (Engine& other : engines_) {
      if (other.setup.generation >= ready.generation || other.retired) continue;
      other.retired = true;
      send<ToEngine>(other.client->channel(), Retire{});
    }
    if (was_ready_) manager_.notify("READY=1");
  }
  void handle(Engine&, WorkerStarted& worker) { tell_front(std::move(worker)); }
  void handle(Engine&, WorkerEnded& worker) { tell_front(worker); }
  void handle(Engine&, EngineFailed& failed) {
    if (!was_ready_) {
      std::cerr << "scanrelay: " << failed.text << std::endl;
      exit_status_ = failed.settings ? kExitUsage : kExitTempFail;
    } else {
      log_.error("engine refused", {{"error", failed.text}});
      manager_.notify("READY=1");
    }
  }

  void engine_ended(std::list<Engine>::iterator engine, int status) {
    const bool unexpected = engine->ready && !engine->retired;
    const bool alone = std::none_of(engines_.begin(), engines_.end(), [&](const Engine& other) {
      return &other != &*engine && !other.retired;
    });
    if (unexpected)
      log_.error("engine ended", {{"generation", engine->setup.generation}, {"status", status}});
    std::error_code ignored;
    std::filesystem::remove_all(engine->setup.temporary_folder, ignored);
    if (engine->ready) tell_front(EngineEnded{engine->setup.generation});
    if (!engine->retired) {
      engine_restart_.note_end();
      refused_ = engine->ready ? "" : engine->fingerprint;
    }
    engines_.erase(engine);
    engine_wanted_ = engine_wanted_ || alone;
  }

  // Reload.

  void reload() {
    manager_.reloading();
    try {
      Settings fresh = read_();
      const bool changed = !(fresh == settings_);
      if (changed) {
        std::vector<Listener> listeners = open_listeners(fresh);
        start_engine(fresh, true);
        listeners_ = std::move(listeners);
        settings_ = std::move(fresh);
      } else {
        start_engine(settings_, false);
      }
      log_.info("reload", {{"configuration", changed ? "changed" : "unchanged"}});
    } catch (const std::exception& error) {
      log_.error("reload refused, all stays as it was", {{"error", error.what()}});
      manager_.notify("READY=1");
    }
  }

  void replace_front() {
    if (front_.pid >= 0) {
      send<ToFront>(front_.channel, Drain{});
      draining_.push_back(std::move(front_));
    }
    front_ = {};
    start_front();
  }

  void watch_signatures() {
    if (Clock::now() < next_watch_) return;
    next_watch_ = Clock::now() + kWatchPeriod;
    if (engines_.empty() || !engines_.back().ready) return;
    const std::string now = fingerprint(engines_.back().setup.sets);
    const bool settled = now == std::exchange(last_seen_, now);
    if (!settled || now == engines_.back().fingerprint || now == refused_) return;
    log_.info("signature files changed");
    try {
      start_engine(settings_, false);
    } catch (const std::exception& error) {
      log_.error("engine refused", {{"error", error.what()}});
      refused_ = now;
    }
  }

  // The loop.

  void wait() {
    std::vector<pollfd> waiting = {{signals_.get(), POLLIN, 0}};
    if (front_.pid >= 0) waiting.push_back({front_.channel.fd(), POLLIN, 0});
    for (const Engine& engine : engines_) waiting.push_back({engine.client->channel().fd(), POLLIN, 0});
    // A process that has ended is reaped by its signal; until then its closed channel would keep poll()
    // awake.
    int timeout = 1000;
    if (manager_.watchdog()) timeout = std::min(timeout, static_cast<int>(manager_.watchdog()->count()));
    const auto soon = [&](Clock::time_point due) {
      const auto left = std::chrono::ceil<milliseconds>(due - Clock::now()).count();
      timeout = static_cast<int>(std::clamp<long long>(left, 1, timeout));
    };
    if (front_.pid < 0) soon(front_restart_.due());
    if (engine_wanted_) soon(engine_restart_.due());
    ::poll(waiting.data(), waiting.size(), timeout);
  }

  void pass_messages() {
    try {
      hear_front();
    } catch (const ChannelError& error) {
      log_.error("front sent garbage", {{"error", error.what()}});
      ::kill(front_.pid, SIGKILL);
    }
    for (Engine& engine : engines_) {
      try {
        hear(engine);
      } catch (const ChannelError& error) {
        log_.error("engine sent garbage", {{"error", error.what()}});
        engine.client->kill();
      }
    }
  }

  void handle_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo == SIGHUP && !stopping_) reload();
      if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) stop();
    }
  }

  void stop() {
    if (stopping_ || front_.pid < 0) {
      exit_status_ = kExitOk;  // asked twice, or nothing to wait for
      return;
    }
    log_.info("draining");
    manager_.notify("STOPPING=1");
    stopping_ = true;
    stop_at_ = Clock::now() + kDrain;
    tell_front(Drain{});
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto engine = std::find_if(engines_.begin(), engines_.end(),
                                       [&](const Engine& one) { return one.client->pid() == pid; });
      if (pid == front_.pid) {
        front_ended(status);
      } else if (engine != engines_.end()) {
        hear(*engine);  // what it said last
        engine->client->note_reaped();
        engine_ended(engine, status);
      } else {
        std::erase_if(draining_, [&](const FrontChild& front) { return front.pid == pid; });
      }
    }
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
    if (front_.pid < 0 && Clock::now() >= front_restart_.due()) start_front();
    if (engine_wanted_ && Clock::now() >= engine_restart_.due()) start_wanted_engine();
    watch_signatures();
    if (manager_.watchdog()) manager_.notify("WATCHDOG=1");
  }

  void start_wanted_engine() {
    engine_wanted_ = false;
    try {
      start_engine(settings_, false);
    } catch (const std::exception& error) {
      log_.error("engine can't start", {{"error", error.what()}});
      engine_restart_.note_end();
      engine_wanted_ = true;
    }
  }

  const std::function<Settings()>& read_;
  Settings settings_;
  TemporaryFolder folder_;
  mail::Log log_{"scanrelay"};
  ServiceManager manager_;
  mail::FileDescriptor signals_;
  std::vector<Listener> listeners_;
  FrontChild front_;
  std::vector<FrontChild> draining_;
  Restart front_restart_;
  std::uint64_t front_restarts_ = 0;
  std::list<Engine> engines_;
  Restart engine_restart_;
  bool engine_wanted_ = false;
  Generation generation_ = 0;
  std::string last_seen_;
  std::string refused_;  // signature files that are known not to load
  Clock::time_point next_watch_{};
  bool was_ready_ = false;
  bool stopping_ = false;
  Clock::time_point stop_at_{};
  std::optional<int> exit_status_;
};

}  // namespace

int run_supervisor(const std::function<Settings()>& read) { return Supervisor(read).run(); }

}  // namespace scanner
