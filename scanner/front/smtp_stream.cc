#include "scanner/front/smtp_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <asio/buffer.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <utility>
#include <vector>

namespace scanner {

namespace {

using Kind = StreamError::Kind;

constexpr auto kAsTuple = asio::experimental::as_tuple(asio::use_awaitable);
// Each session holds so much while it waits; few commands are longer than a quarter of it.
constexpr std::size_t kCommandRead = 1024;
constexpr std::size_t kMessageRead = 131072;
constexpr std::chrono::seconds kGoodbye{5};
constexpr std::size_t kWriteSlice = 524288;

/// Replies and the last piece of a message must not wait for an acknowledgement. Fails on Unix sockets, which
/// do not wait.
void disable_nagle(SmtpStream::Socket& socket) {
  asio::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

}  // namespace

SmtpStream::SmtpStream(Socket socket, std::shared_ptr<Deadlines> deadlines)
    : socket_(std::move(socket)), deadline_(std::move(deadlines), [this] {
        timed_out_ = true;
        cancel();
      }) {
  if (socket_.is_open()) disable_nagle(socket_);
}

void SmtpStream::cancel() {
  if (tls_) return tls_->cancel();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

void SmtpStream::check(const asio::error_code& error, const char* what) const {
  if (!error) return;
  if (timed_out_) throw StreamError(Kind::timed_out, std::string("timed out ") + what);
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    throw StreamError(Kind::closed, std::string("connection closed ") + what);
  }
  throw StreamError(Kind::closed, std::string("connection lost ") + what + ": " + error.message());
}

asio::awaitable<void> SmtpStream::connect(const Socket::endpoint_type& endpoint, Seconds timeout) {
  deadline_.arm(timeout);
  auto [error] = co_await socket_.async_connect(endpoint, kAsTuple);
  deadline_.disarm();
  check(error, "connecting");
  disable_nagle(socket_);
}

asio::awaitable<std::size_t> SmtpStream::read_some(char* to, std::size_t size) {
  if (timed_out_) throw StreamError(Kind::timed_out, "timed out reading");
  if (tls_) {
    std::size_t count = 0;
    const asio::error_code error = co_await tls_->read_some(to, size, count);
    check(error, "reading");
    co_return count;
  }
  auto [error, count] = co_await socket_.async_read_some(asio::buffer(to, size), kAsTuple);
  check(error, "reading");
  co_return count;
}

asio::awaitable<void> SmtpStream::fill() {
  const std::size_t old = input_.size();
  input_.resize(old + kCommandRead);
  std::size_t count = 0;
  try {
    count = co_await read_some(&input_[old], kCommandRead);
  } catch (const StreamError&) {
    input_.resize(old);
    throw;
  }
  input_.resize(old + count);
}

void SmtpStream::take_input(std::size_t size) {
  input_begin_ += size;
  if (input_begin_ == input_.size()) {
    input_.clear();
    input_begin_ = 0;
  }
}

asio::awaitable<CommandLine> SmtpStream::read_command(std::size_t longest, Seconds timeout) {
  CommandLine line;
  std::size_t searched = 0;
  bool armed = false;
  for (;;) {
    const std::string_view waiting = input();
    const std::size_t newline = waiting.find('\n', searched);
    if (newline != std::string_view::npos) {
      std::string_view text = waiting.substr(0, newline);
      const bool crlf = text.ends_with('\r');
      if (crlf) text.remove_suffix(1);
      if (line.fault == CommandLine::Fault::none && text.size() + 2 > longest)
        line.fault = CommandLine::Fault::too_long;
      if (line.fault == CommandLine::Fault::none) {
        if (!crlf || text.find('\r') != std::string_view::npos) line.fault = CommandLine::Fault::bare_newline;
        if (text.find('\0') != std::string_view::npos) line.fault = CommandLine::Fault::nul;
        line.text = text;
      }
      take_input(newline + 1);
      deadline_.disarm();
      co_return line;
    }
    searched = waiting.size();
    if (searched >= longest) {
      // One 500 answers the whole line; its bytes are dropped as they come.
      line.fault = CommandLine::Fault::too_long;
      take_input(searched);
      searched = 0;
    }
    if (!output_.empty()) co_await flush(timeout);
    if (!armed) deadline_.arm(timeout);
    armed = true;
    if (input_begin_ > 0) {
      input_.erase(0, input_begin_);
      input_begin_ = 0;
    }
    co_await fill();
  }
}

asio::awaitable<void> SmtpStream::receive(mail::DotUnstuffer& unstuffer, MessageFile& file, Seconds idle,
                                          Seconds all) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + all;
  mail::Pieces pieces;
  take_input(unstuffer.unstuff(input(), pieces));
  file.append(pieces);
  if (unstuffer.done()) co_return;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMessageRead);
  while (!unstuffer.done()) {
    const auto left = std::chrono::ceil<Seconds>(end - Clock::now());
    deadline_.arm(std::min(idle, left));
    const std::size_t count = co_await read_some(buffer.get(), kMessageRead);
    const std::string_view bytes(buffer.get(), count);
    pieces.clear();
    const std::size_t taken = unstuffer.unstuff(bytes, pieces);
    file.append(pieces);
    input_ += bytes.substr(taken);
  }
  deadline_.disarm();
}

asio::awaitable<mail::SmtpReply> SmtpStream::read_reply(Seconds timeout) {
  if (!output_.empty()) co_await flush(timeout);
  mail::SmtpReplyParser parser;
  deadline_.arm(timeout);
  for (;;) {
    take_input(parser.feed(input()));
    if (parser.state() == mail::SmtpReplyParser::State::malformed) {
      throw StreamError(Kind::malformed, "malformed reply: " + std::string(parser.fault()));
    }
    if (parser.state() == mail::SmtpReplyParser::State::complete) break;
    co_await fill();
  }
  deadline_.disarm();
  co_return parser.take();
}

asio::awaitable<void> SmtpStream::flush(Seconds timeout) { co_await write({}, timeout); }

asio::awaitable<void> SmtpStream::write(const mail::Pieces& pieces, Seconds timeout) {
  if (timed_out_) throw StreamError(Kind::timed_out, "timed out writing");
  const std::string queued = std::exchange(output_, {});
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(pieces.size() + 1);
  std::size_t first = 0;
  std::size_t offset = 0;
  if (!queued.empty()) buffers.emplace_back(queued.data(), queued.size());
  while (first < pieces.size() || !buffers.empty()) {
    for (std::size_t room = kWriteSlice; room > 0 && first < pieces.size();) {
      const std::string_view piece = pieces[first].substr(offset, room);
      if (!piece.empty()) buffers.emplace_back(piece.data(), piece.size());
      room -= piece.size();
      offset += piece.size();
      if (offset == pieces[first].size()) {
        ++first;
        offset = 0;
      }
    }
    deadline_.arm(timeout);
    asio::error_code failed;
    if (tls_) {
      failed = co_await tls_->write(buffers);
    } else {
      auto [error, count] = co_await asio::async_write(socket_, buffers, kAsTuple);
      failed = error;
    }
    deadline_.disarm();
    check(failed, "writing");
    buffers.clear();
  }
}

asio::awaitable<void> SmtpStream::start_tls_as_server(asio::ssl::context& context, Seconds timeout) {
  input_.clear();
  input_begin_ = 0;
  tls_ = std::make_unique<TlsStream>(socket_, context);
  deadline_.arm(timeout);
  const asio::error_code error = co_await tls_->accept();
  deadline_.disarm();
  check(error, "in the TLS handshake");
}

asio::awaitable<void> SmtpStream::start_tls_as_client(asio::ssl::context& context, const std::string& host,
                                                      bool verify, Seconds timeout) {
  if (has_input()) throw StreamError(Kind::malformed, "plain text behind the reply to STARTTLS");
  tls_ = std::make_unique<TlsStream>(socket_, context);
  SSL* const ssl = tls_->native_handle();
  SSL_set_tlsext_host_name(ssl, host.c_str());
  if (verify) {
    // An address is matched against the certificate's addresses, a name against its names.
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) SSL_set1_host(ssl, host.c_str());
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  } else {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  }
  deadline_.arm(timeout);
  const asio::error_code error = co_await tls_->connect();
  deadline_.disarm();
  if (error && !timed_out_ && SSL_get_verify_result(ssl) != X509_V_OK) {
    throw StreamError(Kind::closed, std::string("certificate of ") + host + ": " +
                                        X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
  }
  check(error, "in the TLS handshake");
}

asio::awaitable<void> SmtpStream::say_goodbye(std::string_view text) {
  timed_out_ = false;
  try {
    output_ += text;
    co_await flush(kGoodbye);
  } catch (const StreamError&) {
    // Nobody is there to hear it.
  }
  co_await shut_down();
}

asio::awaitable<void> SmtpStream::shut_down() {
  asio::error_code ignored;
  if (tls_ && !timed_out_) {
    deadline_.arm(Seconds(1));
    co_await tls_->shut_down();
    deadline_.disarm();
  }
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

bool SmtpStream::quiet() {
  if (has_input()) return false;
  // TLS 1.3 sends session tickets whenever it likes: what is readable need not be a reply.
  if (tls_ && SSL_pending(tls_->native_handle()) > 0) return false;
  char byte = 0;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  return count > 0 && tls_;
}

}  // namespace scanner
