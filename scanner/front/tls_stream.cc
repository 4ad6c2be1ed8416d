#include "scanner/front/tls_stream.h"

#include <openssl/err.h>

#include <asio/experimental/as_tuple.hpp>
#include <asio/post.hpp>
#include <asio/ssl/error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>

namespace scanner {

namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr auto kAsTuple = asio::experimental::as_tuple(asio::use_awaitable);

/// What ended an operation, for SSL_get_error's `reason`.
asio::error_code error_of(int reason) {
  const int system = errno;
  if (reason == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  const unsigned long error = ERR_get_error();
  if (error == 0 && system != 0) return {system, asio::error::get_system_category()};
  if (error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return asio::ssl::error::stream_truncated;
  }
  return {static_cast<int>(error), asio::error::get_ssl_category()};
}

}  // namespace

TlsStream::TlsStream(Socket& socket, asio::ssl::context& context)
    : socket_(socket), ssl_(SSL_new(context.native_handle())) {
  socket_.native_non_blocking(true);
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) throw std::bad_alloc();
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
}

/// Repeats the operation, each time when the socket is ready for what it waits for. Before the first it lets
/// all others of this thread run: a peer that sends as fast as it is read never has to be waited for.
template <typename Operation>
asio::awaitable<asio::error_code> TlsStream::perform(Operation operation) {
  cancelled_ = false;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  if (cancelled_) co_return asio::error::operation_aborted;
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = operation();
    if (result > 0) co_return asio::error_code();
    const int reason = SSL_get_error(ssl_.get(), result);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) co_return error_of(reason);
    const auto direction = reason == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
    auto [error] = co_await socket_.async_wait(direction, kAsTuple);
    if (error) co_return error;
    // The socket was ready already when it came.
    if (cancelled_) co_return asio::error::operation_aborted;
  }
}

void TlsStream::cancel() {
  cancelled_ = true;
  asio::error_code ignored;
  socket_.cancel(ignored);
}

asio::awaitable<asio::error_code> TlsStream::accept() {
  return perform([this] { return SSL_accept(ssl_.get()); });
}

asio::awaitable<asio::error_code> TlsStream::connect() {
  return perform([this] { return SSL_connect(ssl_.get()); });
}

asio::awaitable<asio::error_code> TlsStream::read_some(char* to, std::size_t size, std::size_t& count) {
  return perform([this, to, size, &count] { return SSL_read_ex(ssl_.get(), to, size, &count); });
}

asio::awaitable<asio::error_code> TlsStream::write(std::span<const asio::const_buffer> buffers) {
  std::string record;
  for (const asio::const_buffer& buffer : buffers) {
    std::string_view rest(static_cast<const char*>(buffer.data()), buffer.size());
    while (!rest.empty()) {
      const std::string_view fitting = rest.substr(0, kRecord - record.size());
      record += fitting;
      rest.remove_prefix(fitting.size());
      if (record.size() < kRecord) continue;
      const asio::error_code error = co_await write_record(record);
      if (error) co_return error;
      record.clear();
    }
  }
  if (record.empty()) co_return asio::error_code();
  co_return co_await write_record(record);
}

asio::awaitable<asio::error_code> TlsStream::write_record(const std::string& record) {
  return perform([this, &record] {
    std::size_t written = 0;
    return SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
  });
}

asio::awaitable<void> TlsStream::shut_down() {
  co_await perform([this] {
    const int result = SSL_shutdown(ssl_.get());
    return result == 0 ? SSL_shutdown(ssl_.get()) : result;
  });
}

}  // namespace scanner
