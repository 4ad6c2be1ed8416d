#include "scanner/front/smtp_service.h"

#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <list>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "scanner/front/host_name.h"
#include "scanner/front/smtp_context.h"
#include "scanner/front/smtp_replies.h"
#include "scanner/front/smtp_session.h"

namespace scanner {

namespace {

using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;
constexpr auto kAsTuple = asio::experimental::as_tuple(asio::use_awaitable);

/// Each session has its connection, one to the next hop and a message. Distributions start programs with room
/// for 1024 descriptors and let them take more.
void make_room_for_descriptors(const Settings& settings, const mail::Log& log) {
  const rlim_t wanted = static_cast<rlim_t>(settings.smtp.max_connections) * 4 + 256;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
    log.warning("too few file descriptors for max_connections",
                {{"allowed", static_cast<unsigned long>(limit.rlim_cur)},
                 {"wanted", static_cast<unsigned long>(wanted)}});
  }
}

std::string address_of_peer(int socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  char text[NI_MAXHOST] = {};
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return "";
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&peer), length, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return "";
  }
  std::string address = text;
  if (address.starts_with("::ffff:") && address.find('.') != std::string_view::npos) address.erase(0, 7);
  return address.substr(0, address.find('%'));
}

FrontObserver& nobody() {
  static FrontObserver observer;
  return observer;
}

/// A connection as long as it is open, in the books of the service.
class Registration {
 public:
  Registration(SmtpContext& context, SmtpSession& session, std::string client)
      : context_(context), session_(session), client_(std::move(client)) {
    context_.sessions.insert(&session_);
    ++context_.connections_of[client_];
    context_.observer.connection_opened();
  }
  ~Registration() {
    context_.sessions.erase(&session_);
    if (--context_.connections_of[client_] == 0) context_.connections_of.erase(client_);
    context_.observer.connection_closed();
    if (context_.draining && context_.sessions.empty() && context_.drained) {
      asio::post(context_.io, std::exchange(context_.drained, nullptr));
    }
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  SmtpContext& context_;
  SmtpSession& session_;
  std::string client_;
};

asio::awaitable<void> serve(std::shared_ptr<SmtpContext> context, Protocol::socket socket,
                            bool implicit_tls) {
  const std::string client = address_of_peer(socket.native_handle());
  SmtpSession session(context, std::move(socket), client);
  const Registration registration(*context, session, client);
  co_await session.run(implicit_tls);
}

/// Too many connections: a word, and the end. Nothing is waited for.
void refuse(SmtpContext& context, Protocol::socket& socket, std::string_view why, bool implicit_tls) {
  context.observer.connection_refused();
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  if (!implicit_tls) socket.send(asio::buffer(why), 0, ignored);
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

}  // namespace

struct SmtpService::State {
  std::shared_ptr<SmtpContext> context;
  std::list<std::shared_ptr<Acceptor>> acceptors;

  static asio::awaitable<void> accept(std::shared_ptr<SmtpContext> context,
                                      std::shared_ptr<Acceptor> acceptor, bool implicit_tls);
};

asio::awaitable<void> SmtpService::State::accept(std::shared_ptr<SmtpContext> context,
                                                 std::shared_ptr<Acceptor> acceptor, bool implicit_tls) {
  const Settings::Smtp& settings = context->settings.smtp;
  asio::steady_timer pause(context->io);
  while (acceptor->is_open()) {
    auto [error, socket] = co_await acceptor->async_accept(kAsTuple);
    if (!acceptor->is_open()) co_return;
    if (error) {
      if (error == asio::error::connection_aborted) continue;
      // Out of descriptors or memory: those who wait in the backlog get their turn when others have left.
      context->log.warning("accept failed", {{"reason", error.message()}});
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(kAsTuple);
      continue;
    }
    const std::string client = address_of_peer(socket.native_handle());
    const auto of_client = context->connections_of.find(client);
    if (std::ssize(context->sessions) >= settings.max_connections) {
      refuse(*context, socket, reply::kTooManyConnections, implicit_tls);
    } else if (of_client != context->connections_of.end() &&
               of_client->second >= settings.max_connections_per_client) {
      refuse(*context, socket, reply::kTooManyOfYours, implicit_tls);
    } else {
      asio::co_spawn(context->io, serve(context, std::move(socket), implicit_tls), asio::detached);
    }
  }
}

SmtpService::SmtpService(asio::io_context& io, const Settings& settings, WorkerPool& workers,
                         const mail::Log& log, FrontObserver* observer,
                         std::shared_ptr<asio::ssl::context> tls)
    : state_(std::make_unique<State>()) {
  make_room_for_descriptors(settings, log);
  const std::string hostname = host_name(settings.smtp);
  const auto deadlines = std::make_shared<Deadlines>(io);
  const std::vector<std::string>& xforward =
      settings.smtp.xforward_clients.empty() ? settings.smtp.trusted_clients : settings.smtp.xforward_clients;
  state_->context = std::make_shared<SmtpContext>(SmtpContext{
      io,
      settings,
      workers,
      log,
      observer ? *observer : nobody(),
      hostname,
      AddressList(settings.smtp.trusted_clients),
      AddressList(xforward),
      deadlines,
      make_next_hop(io, settings, hostname, deadlines, log),
      std::move(tls),
      {},
      {},
      false,
      nullptr,
  });
}

SmtpService::~SmtpService() {
  for (const std::shared_ptr<Acceptor>& acceptor : state_->acceptors) {
    asio::error_code ignored;
    acceptor->close(ignored);
  }
}

void SmtpService::add_listener(mail::FileDescriptor socket, bool implicit_tls) {
  if (implicit_tls && !state_->context->tls) {
    throw std::runtime_error("listen_tls needs tls_certificate and tls_key");
  }
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "getsockname");
  }
  auto acceptor = std::make_shared<Acceptor>(state_->context->io);
  acceptor->assign(Protocol(own.ss_family, 0), socket.release());
  state_->acceptors.push_back(acceptor);
  asio::co_spawn(state_->context->io, State::accept(state_->context, acceptor, implicit_tls), asio::detached);
}

void SmtpService::drain(std::function<void()> done) {
  SmtpContext& context = *state_->context;
  context.draining = true;
  for (const std::shared_ptr<Acceptor>& acceptor : state_->acceptors) {
    asio::error_code ignored;
    acceptor->close(ignored);
  }
  context.next_hop->close_idle();
  if (context.sessions.empty()) {
    asio::post(context.io, std::move(done));
    return;
  }
  context.drained = std::move(done);
  for (SmtpSession* const session : std::set<SmtpSession*>(context.sessions)) session->drain();
}

}  // namespace scanner
