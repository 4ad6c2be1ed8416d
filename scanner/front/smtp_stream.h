#pragma once

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mail/smtp/dot_stuffing.h"
#include "mail/smtp/reply.h"
#include "scanner/front/deadlines.h"
#include "scanner/front/message_file.h"
#include "scanner/front/tls_stream.h"

namespace scanner {

/// The peer is gone, silent for too long, or speaks no SMTP. Nothing more can be done with the stream than to
/// say good-bye.
struct StreamError : std::runtime_error {
  enum class Kind { closed, timed_out, malformed };
  StreamError(Kind what, const std::string& text) : std::runtime_error(text), kind(what) {}
  Kind kind;
};

/// A command line without its line end, or what is wrong with it.
struct CommandLine {
  enum class Fault { none, too_long, bare_newline, nul };
  std::string text;
  Fault fault = Fault::none;
};

/// A connection that carries SMTP: the one place that knows of line ends, line limits, dot stuffing,
/// deadlines and TLS. The end of the stream is an error everywhere.
///
/// One coroutine reads and writes it at a time. Every call throws StreamError.
class SmtpStream {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  using Seconds = std::chrono::seconds;

  SmtpStream(Socket socket, std::shared_ptr<Deadlines> deadlines);

  asio::awaitable<void> connect(const Socket::endpoint_type& endpoint, Seconds timeout);

  /// Sends what was queued, then waits for one line. The time is for all of it.
  asio::awaitable<CommandLine> read_command(std::size_t longest, Seconds timeout);

  /// Receives the bytes of a message up to its end; `idle` is the longest time without a byte, `all` that of
  /// the message. What goes over the file's limit is read and dropped.
  asio::awaitable<void> receive(mail::DotUnstuffer& unstuffer, MessageFile& file, Seconds idle, Seconds all);

  /// Sends what was queued, then waits for a whole reply.
  asio::awaitable<mail::SmtpReply> read_reply(Seconds timeout);

  /// Puts text behind what waits to be sent: replies to pipelined commands leave together (RFC 2920, 3.2).
  void queue(std::string_view text) { output_ += text; }
  asio::awaitable<void> flush(Seconds timeout);
  /// Sends what was queued, and the pieces; `timeout` is for each half megabyte.
  asio::awaitable<void> write(const mail::Pieces& pieces, Seconds timeout);

  /// TLS from here on (RFC 3207). What the peer sent in the clear after the command is forgotten.
  asio::awaitable<void> start_tls_as_server(asio::ssl::context& context, Seconds timeout);
  /// `host`: for SNI, and for the certificate if `verify`.
  asio::awaitable<void> start_tls_as_client(asio::ssl::context& context, const std::string& host, bool verify,
                                            Seconds timeout);
  bool has_tls() const { return tls_ != nullptr; }

  /// A last reply after a StreamError (a time-out's 421, if the peer still listens), then shut_down(); never
  /// throws.
  asio::awaitable<void> say_goodbye(std::string_view text);
  /// Ends TLS if there is any, and our side of the connection; never throws.
  asio::awaitable<void> shut_down();

  /// Bytes have come that nobody has read.
  bool has_input() const { return input_.size() > input_begin_; }
  /// Between commands of a client role: nothing has come, not even the end. Does not wait.
  bool quiet();
  /// Wakes a read_command() that waits: it throws StreamError closed.
  void cancel();

 private:
  asio::awaitable<void> fill();
  asio::awaitable<std::size_t> read_some(char* to, std::size_t size);
  std::string_view input() const { return std::string_view(input_).substr(input_begin_); }
  void take_input(std::size_t size);
  void check(const asio::error_code& error, const char* what) const;

  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  Deadline deadline_;
  bool timed_out_ = false;
  std::string input_;
  std::size_t input_begin_ = 0;
  std::string output_;
};

}  // namespace scanner
