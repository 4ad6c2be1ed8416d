#include "scanner/front/front_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <iostream>
#include <memory>

#include "scanner/command/exit_status.h"
#include "scanner/front/process_worker_pool.h"
#include "scanner/front/smtp_service.h"
#include "scanner/process.h"

namespace scanner {

namespace {

class Front {
 public:
  Front(const Channel& supervisor, const FrontSetup& setup)
      : supervisor_(supervisor),
        setup_(setup),
        heard_(io_, ::fcntl(supervisor.fd(), F_DUPFD_CLOEXEC, 0)),
        pool_(
            io_, std::chrono::seconds(setup.settings.scanner.timeout_seconds),
            [this](Generation generation, WorkerId id) {
              report(KillWorker{generation, id});
            },
            log_),
        service_(io_, setup.settings, pool_, log_) {}

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
  void handle(EngineEnded& engine) { pool_.engine_ended(engine.generation); }
  void handle(Drain&) {
    service_.drain([this] { io_.stop(); });
  }

  void accept() {
    for (const FrontSetup::Listener& listener : setup_.listeners) {
      service_.add_listener(mail::FileDescriptor(listener.socket), listener.implicit_tls);
    }
    report(FrontReady{});
  }

  const Channel& supervisor_;
  const FrontSetup& setup_;
  mail::Log log_{"scanrelay"};
  asio::io_context io_{1};
  asio::posix::stream_descriptor heard_;
  ProcessWorkerPool pool_;
  SmtpService service_;
  bool accepting_ = false;
};

}  // namespace

int run_front(const Channel& supervisor, const FrontSetup& setup) {
  drop_to_user(setup.settings.process.user);
  std::unique_ptr<Front> front;
  try {
    front = std::make_unique<Front>(supervisor, setup);
  } catch (const std::exception& error) {
    std::cerr << "scanrelay: " << error.what() << std::endl;
    return kExitUsage;
  }
  return front->run();
}

}  // namespace scanner
