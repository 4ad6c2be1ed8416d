#include "scanner/metrics/metrics_server.h"

#include <sys/socket.h>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>

namespace scanner {

namespace {

constexpr std::chrono::seconds kLongestRequest{10};
constexpr std::chrono::seconds kPauseAfterFault{1};
constexpr const char* kTextFormat = "text/plain; version=0.0.4; charset=utf-8";

asio::ip::tcp protocol_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "metrics socket");
  }
  return address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

std::string response(std::string_view status, std::string_view type, std::string_view body, bool with_body) {
  std::string text = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
  if (with_body) text += body;
  return text;
}

}  // namespace

MetricsServer::MetricsServer(asio::io_context& io, mail::FileDescriptor socket,
                             std::function<std::string()> exposition)
    : acceptor_(io), exposition_(std::move(exposition)) {
  const asio::ip::tcp protocol = protocol_of(socket.get());
  acceptor_.assign(protocol, socket.release());
  asio::co_spawn(io, accept(), asio::detached);
}

void MetricsServer::close() {
  std::error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> MetricsServer::accept() {
  asio::steady_timer pause(acceptor_.get_executor());
  while (acceptor_.is_open()) {
    std::error_code error;
    asio::ip::tcp::socket socket =
        co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor_.is_open()) co_return;
    if (error) {
      // Most likely no descriptors are left; mail needs the time more than this loop.
      pause.expires_after(kPauseAfterFault);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    } else if (connections_ < kMostConnections) {
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }
}

asio::awaitable<void> MetricsServer::serve(asio::ip::tcp::socket accepted) {
  ++connections_;
  // Shared with the timer: one that has run out already can't be called back.
  const auto socket = std::make_shared<asio::ip::tcp::socket>(std::move(accepted));
  asio::steady_timer limit(socket->get_executor(), kLongestRequest);
  limit.async_wait([socket](std::error_code cancelled) {
    if (!cancelled) socket->close(cancelled);
  });
  std::string request;
  std::error_code error;
  co_await asio::async_read_until(*socket, asio::dynamic_buffer(request, kMostRequestBytes), "\r\n\r\n",
                                  asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    const std::string reply = answer(request);
    co_await asio::async_write(*socket, asio::buffer(reply),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  limit.cancel();
  --connections_;
}

std::string MetricsServer::answer(std::string_view request) const {
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const std::string_view method = line.substr(0, line.find(' '));
  const std::string_view rest = line.substr(std::min(line.size(), method.size() + 1));
  const std::string_view path = rest.substr(0, rest.find_first_of(" ?"));
  const bool head = method == "HEAD";
  if (!head && method != "GET") return response("405 Method Not Allowed", "text/plain", "GET only\n", true);
  if (path != "/metrics") return response("404 Not Found", "text/plain", "see /metrics\n", !head);
  return response("200 OK", kTextFormat, exposition_(), !head);
}

}  // namespace scanner
