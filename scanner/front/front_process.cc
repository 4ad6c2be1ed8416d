#include "scanner/front/front_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "scanner/command/exit_status.h"
#include "scanner/front/front_jail.h"
#include "scanner/front/observer_list.h"
#include "scanner/front/process_worker_pool.h"
#include "scanner/front/server_tls.h"
#include "scanner/front/smtp_service.h"
#include "scanner/metrics/front_metrics.h"
#include "scanner/metrics/metrics_server.h"
#include "scanner/process.h"
#include "scanner/quarantine/quarantine.h"

namespace scanner {

namespace {

class Front {
 public:
  Front(const Channel& supervisor, const FrontSetup& setup, std::shared_ptr<asio::ssl::context> tls)
      : supervisor_(supervisor),
        setup_(setup),
        heard_(io_, ::fcntl(supervisor.fd(), F_DUPFD_CLOEXEC, 0)),
        pool_(
            io_, std::chrono::seconds(setup.settings.scanner.timeout_seconds),
            [this](Generation generation, WorkerId id) {
              report(KillWorker{generation, id});
            },
            log_),
        quarantine_(make_quarantine(setup.settings.quarantine)),
        metrics_(pool_, quarantine_.get(), setup.restarts),
        service_(io_, setup.settings, pool_, log_, &observers_, std::move(tls)) {
    observers_.add(metrics_);
    if (quarantine_) observers_.add(*quarantine_);
  }

  int run() {
    supervisor_.set_non_blocking();
    asio::co_spawn(io_, obey(), asio::detached);
    io_.run();
    return kExitOk;
  }

 private:
  template <class Message>
  void report(Message message) {
    if (!send<FromFront>(supervisor_, FromFront(message))) ::_exit(kExitOk);
  }

  asio::awaitable<void> obey() {
    while (true) {
      asio::error_code failure;
      co_await heard_.async_wait(asio::posix::descriptor_base::wait_read,
                                 asio::redirect_error(asio::use_awaitable, failure));
      while (true) {
        Arrival<ToFront> arrival = receive<ToFront>(supervisor_);
        if (arrival.what == Channel::Received::nothing) break;
        if (arrival.what == Channel::Received::end) ::_exit(kExitOk);
        std::visit([this](auto& message) { handle(message); }, *arrival.message);
      }
    }
  }

  void handle(EngineReady& engine) { pool_.engine_ready(engine); }
  void handle(WorkerStarted& worker) {
    pool_.worker_started(std::move(worker));
    if (pool_.serving() && !std::exchange(accepting_, true)) accept();
  }
  void handle(WorkerEnded& worker) { pool_.worker_ended(worker); }
  void handle(const Ping&) { report(Alive{}); }
  void handle(EngineEnded& engine) { pool_.engine_ended(engine.generation); }
  void handle(Drain&) {
    if (metrics_server_) metrics_server_->close();  // the next front answers
    service_.drain([this] { io_.stop(); });
  }

  std::unique_ptr<Quarantine> make_quarantine(const Settings::Quarantine& settings) const {
    if (settings.directory.empty()) return nullptr;
    try {
      return std::make_unique<Quarantine>(settings, log_);
    } catch (const std::system_error& error) {
      throw std::runtime_error(std::string("quarantine.directory: ") + error.what());
    }
  }

  void accept() {
    for (const FrontSetup::Listener& listener : setup_.listeners) {
      mail::FileDescriptor socket(listener.socket);
      if (listener.kind == ListenerKind::metrics) {
        metrics_server_.emplace(io_, std::move(socket), [this] { return metrics_.exposition(); });
      } else {
        service_.add_listener(std::move(socket), listener.kind == ListenerKind::smtps);
      }
    }
    report(FrontReady{});
  }

  const Channel& supervisor_;
  const FrontSetup& setup_;
  mail::Log log_{"scanrelay"};
  asio::io_context io_{1};
  asio::posix::stream_descriptor heard_;
  ProcessWorkerPool pool_;
  std::unique_ptr<Quarantine> quarantine_;  // none is kept without a directory
  FrontMetrics metrics_;
  ObserverList observers_;
  std::optional<MetricsServer> metrics_server_;
  SmtpService service_;
  bool accepting_ = false;
};

/// Null if it can't start; then it has said why.
std::unique_ptr<Front> make_front(const Channel& supervisor, const FrontSetup& setup) {
  try {
    std::shared_ptr<asio::ssl::context> tls = read_server_tls(setup.settings.smtp);
    drop_to_user(setup.settings.process.user);
    enter_front_jail(setup.settings);
    // Beyond this point the front may start threads; they are jailed with it.
    return std::make_unique<Front>(supervisor, setup, std::move(tls));
  } catch (const std::exception& error) {
    std::cerr << "scanrelay: " << error.what() << '\n';
    return nullptr;
  }
}

}  // namespace

int run_front(const Channel& supervisor, const FrontSetup& setup) {
  const std::unique_ptr<Front> front = make_front(supervisor, setup);
  return front ? front->run() : static_cast<int>(kExitUsage);
}

int try_front(const Settings& settings) {
  const auto [mine, nobodys] = Channel::pair();
  FrontSetup setup;
  setup.settings = settings;
  return make_front(mine, setup) ? kExitOk : kExitUsage;
}

}  // namespace scanner
