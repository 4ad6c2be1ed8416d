#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <string>

#include "mail/file_descriptor.h"

namespace scanner {

/// Answers GET /metrics (HTTP/1.1, one request a connection) on the thread of `io`.
///
/// SECURITY: whoever reaches the address may read the numbers; nothing can be changed. A request is bounded
/// in bytes and time, and so are the requests at a time, so that it can't starve the mail.
class MetricsServer {
 public:
  static constexpr std::size_t kMostRequestBytes = 8192;
  static constexpr int kMostConnections = 16;

  /// Takes over a bound, listening, non-blocking socket. `exposition` gives the body. Throws
  /// std::system_error. `io` must have ended before this object does.
  MetricsServer(asio::io_context& io, mail::FileDescriptor socket, std::function<std::string()> exposition);

  /// Accepts no more connections.
  void close();

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(asio::ip::tcp::socket accepted);
  std::string answer(std::string_view request) const;

  asio::ip::tcp::acceptor acceptor_;
  const std::function<std::string()> exposition_;
  int connections_ = 0;
};

}  // namespace scanner
