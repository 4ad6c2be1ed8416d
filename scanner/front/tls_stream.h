#pragma once

#include <openssl/ssl.h>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/error_code.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace scanner {

/// TLS on a connected socket. OpenSSL reads and writes the socket itself, and between two reads keeps no
/// buffer: asio::ssl::stream keeps four of a record's size, 17 KB each, for as long as the session stands
/// idle.
///
/// The errors are Asio's: eof where the peer ended TLS, stream_truncated where it only left. One coroutine
/// uses it at a time; cancelling the socket's operations ends a wait. OpenSSL writes with write(2): the
/// process must ignore SIGPIPE.
class TlsStream {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  /// `socket` and `context` must live longer.
  TlsStream(Socket& socket, asio::ssl::context& context);

  SSL* native_handle() const { return ssl_.get(); }

  asio::awaitable<asio::error_code> accept();
  asio::awaitable<asio::error_code> connect();

  /// Some bytes, at least one unless there is an error. `count` must live until then.
  asio::awaitable<asio::error_code> read_some(char* to, std::size_t size, std::size_t& count);
  /// All of the buffers, in as few records as they fit into.
  asio::awaitable<asio::error_code> write(std::span<const asio::const_buffer> buffers);

  /// Ends the operation that runs: it gives operation_aborted.
  void cancel();

  /// Says that nothing more is sent, and waits until the peer has said so.
  asio::awaitable<void> shut_down();

 private:
  template <typename Operation>
  asio::awaitable<asio::error_code> perform(Operation operation);
  asio::awaitable<asio::error_code> write_record(const std::string& record);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Socket& socket_;
  std::unique_ptr<SSL, Free> ssl_;
  bool cancelled_ = false;
};

}  // namespace scanner
