#include "scanner/engine/engine_process.h"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "mail/log.h"
#include "scanner/command/exit_status.h"
#include "scanner/engine/charsets.h"
#include "scanner/engine/clam_engine.h"
#include "scanner/engine/engine_jail.h"
#include "scanner/privileges.h"
#include "scanner/process.h"
#include "scanner/worker/worker.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;

// A worker that ends within this time did not get to work: the next one waits as long.
constexpr std::chrono::milliseconds kShortLife{200};

/// libclamav takes and gives back its buffers with every scan: kept, they need not be zeroed by the kernel
/// again each time (1.4 times the rate on small mails).
void keep_freed_memory() {
  constexpr int kBytes = 64 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kBytes);
  ::mallopt(M_MMAP_THRESHOLD, kBytes / 2);
  ::mallopt(M_TOP_PAD, 1 << 20);
  ::mallopt(M_ARENA_MAX, 1);  // what a thread allocates is this process's alone later
}

/// Loads the signatures; in the background with little of the processor, so that the workers of the engine
/// that serves meanwhile don't notice. The priority is a thread's own: no process may raise it again, and the
/// workers to come are forked from the thread that never had it lowered.
std::unique_ptr<ClamEngine> load(const EngineSetup& setup) {
  const auto run = [&] { return std::make_unique<ClamEngine>(setup.sets, setup.temporary_folder); };
  if (!setup.in_background) return run();
  constexpr int kNice = 10;
  const auto run_nicely = [&] {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    return run();
  };
  // The thread has ended when its result is here: this process may fork.
  return std::async(std::launch::async, run_nicely).get();
}

WorkerEnd end_of(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? WorkerEnd::ended : WorkerEnd::crash;
  switch (WTERMSIG(status)) {
    case SIGALRM:
      return WorkerEnd::timeout;
    case SIGXCPU:
      return WorkerEnd::limit;
    default:
      return WorkerEnd::crash;
  }
}

class Engine {
 public:
  Engine(const Channel& supervisor, const EngineSetup& setup)
      : supervisor_(supervisor), setup_(setup), engine_(load(setup)) {}

  int run() {
    block_child_signal();
    report(EngineReady{setup_.generation, engine_->version(), engine_->signatures(),
                       static_cast<std::uint32_t>(setup_.workers), engine_->built()});
    while (!(retired_ && workers_.empty())) {
      fork_missing();
      wait_for_event();
    }
    return kExitOk;
  }

 private:
  struct Worker {
    WorkerId id;
    Clock::time_point started;
    std::filesystem::path folder;
    bool killed = false;
  };

  void block_child_signal() {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    child_signal_.reset(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  template <class Message>
  void report(Message message) {
    if (!send<FromEngine>(supervisor_, FromEngine(std::move(message)))) ::_exit(kExitOk);
  }

  void fork_missing() {
    if (retired_ || Clock::now() < not_before_) return;
    while (workers_.size() < static_cast<std::size_t>(setup_.workers)) fork_worker();
  }

  void fork_worker() {
    const WorkerId id = next_id_++;
    WorkerSettings settings;
    settings.temporary_folder = setup_.temporary_folder / ("worker-" + std::to_string(id));
    settings.timeout_seconds = setup_.settings.timeout_seconds;
    settings.memory_bytes = setup_.settings.worker_memory_bytes;
    settings.most_message_bytes = setup_.most_message_bytes;
    settings.treatment = {setup_.settings.unscannable, setup_.settings.ambiguous, setup_.notice};
    std::filesystem::create_directory(settings.temporary_folder);
    auto [client, own] = Channel::pair();
    Channel& kept = own;
    const pid_t pid = fork_process("sr-worker", {kept.fd()}, [&] {
      engine_->use_temporary_folder(settings.temporary_folder);
      return run_worker(kept, *engine_->scanner(), settings);
    });
    workers_[pid] = {id, Clock::now(), settings.temporary_folder};
    report(WorkerStarted{setup_.generation, id, client.release()});
  }

  void wait_for_event() {
    pollfd waiting[] = {{supervisor_.fd(), POLLIN, 0}, {child_signal_.get(), POLLIN, 0}};
    int timeout = -1;
    if (!retired_ && workers_.size() < static_cast<std::size_t>(setup_.workers)) {
      timeout = static_cast<int>(kShortLife.count());
    }
    ::poll(waiting, 2, timeout);
    if ((waiting[1].revents & POLLIN) != 0) reap();
    if (waiting[0].revents != 0) obey();
  }

  void reap() {
    signalfd_siginfo ignored[8];
    while (::read(child_signal_.get(), ignored, sizeof ignored) > 0) {
    }
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto worker = workers_.find(pid);
      if (worker == workers_.end()) continue;
      ended(worker->second, status);
      workers_.erase(worker);
    }
  }

  void ended(const Worker& worker, int status) {
    const WorkerEnd end = worker.killed ? WorkerEnd::timeout : end_of(status);
    if (end != WorkerEnd::ended) {
      const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      log_.warning("worker died", {{"worker", worker.id}, {"cause", name(end)}, {"signal", signal}});
    }
    if (Clock::now() - worker.started < kShortLife) not_before_ = Clock::now() + kShortLife;
    std::error_code ignored;
    std::filesystem::remove_all(worker.folder, ignored);
    report(WorkerEnded{setup_.generation, worker.id, end});
  }

  void obey() {
    const Arrival<ToEngine> arrival = receive<ToEngine>(supervisor_);
    if (arrival.what == Channel::Received::end) ::_exit(kExitOk);  // the workers go with it
    if (arrival.what == Channel::Received::nothing) return;
    if (const auto* kill = std::get_if<KillWorker>(&*arrival.message)) {
      for (auto& [pid, worker] : workers_) {
        if (worker.id != kill->id) continue;
        worker.killed = true;
        ::kill(pid, SIGKILL);
      }
    } else if (std::holds_alternative<Ping>(*arrival.message)) {
      report(Alive{});
    } else {
      retired_ = true;
    }
  }

  const Channel& supervisor_;
  const EngineSetup& setup_;
  std::unique_ptr<ClamEngine> engine_;
  mail::Log log_{"sr-engine"};
  mail::FileDescriptor child_signal_;
  std::map<pid_t, Worker> workers_;
  WorkerId next_id_ = 1;
  bool retired_ = false;
  Clock::time_point not_before_{};
};

}  // namespace

int run_engine(const Channel& supervisor, const EngineSetup& setup) {
  drop_to_user(setup.user);
  enter_engine_jail(setup.sets.paths, setup.temporary_folder);
  keep_freed_memory();
  load_charsets();
  std::optional<Engine> engine;
  try {
    engine.emplace(supervisor, setup);
  } catch (const EngineError& error) {
    send<FromEngine>(supervisor, EngineFailed{!error.temporary, error.what()});
    return kExitUsage;
  }
  return engine->run();
}

int worker_count(const Settings::Scanner& settings) {
  if (settings.workers > 0) return settings.workers;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace scanner
