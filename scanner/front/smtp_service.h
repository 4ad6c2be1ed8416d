#pragma once

#include <asio/io_context.hpp>
#include <asio/ssl/context.hpp>
#include <functional>
#include <memory>

#include "mail/file_descriptor.h"
#include "mail/log.h"
#include "scanner/front/observer.h"
#include "scanner/front/worker_pool.h"
#include "scanner/settings.h"

namespace scanner {

/// The SMTP side of the front: listeners, sessions, next hop. Lives on one thread's io_context.
class SmtpService {
 public:
  /// `tls`: read_server_tls(). `workers` and `observer` must outlive it. Throws std::exception with a text
  /// for the admin if the next hop is unusable.
  SmtpService(asio::io_context& io, const Settings& settings, WorkerPool& workers, const mail::Log& log,
              FrontObserver* observer = nullptr, std::shared_ptr<asio::ssl::context> tls = nullptr);
  ~SmtpService();

  /// Takes over a bound, listening, non-blocking socket.
  void add_listener(mail::FileDescriptor socket, bool implicit_tls);

  /// Accepts no more connections; every session ends after the transaction it is in (421 to the next
  /// command); `done` is called when the last one is gone.
  void drain(std::function<void()> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scanner
