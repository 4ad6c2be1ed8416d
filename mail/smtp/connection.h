#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mail/file_descriptor.h"
#include "mail/smtp/dot_stuffing.h"
#include "mail/smtp/reply.h"

namespace mail {

/// HOST:PORT, or [IPv6]:PORT.
struct SmtpEndpoint {
  std::string host;
  std::string port;
  /// Nothing if it isn't one; the host is not looked up.
  static std::optional<SmtpEndpoint> parse(std::string_view text);
};

/// The connection can't be made or is gone: time-out, refusal by the system, end of file, garbage instead of
/// a reply. Always temporary.
struct SmtpConnectionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A blocking SMTP connection of a client. Each call ends by its deadline.
class SmtpConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Connects to one address of the endpoint after the other. Throws SmtpConnectionError.
  SmtpConnection(const SmtpEndpoint& endpoint, Deadline deadline);

  /// Sends all pieces, in order. Throws SmtpConnectionError.
  void send(const Pieces& pieces, Deadline deadline);
  void send(std::string_view bytes, Deadline deadline) { send(Pieces{bytes}, deadline); }

  /// The next reply. Throws SmtpConnectionError.
  SmtpReply receive(Deadline deadline);

  /// Whether the peer has said nothing and has not hung up since the last reply.
  bool is_quiet() const;

  /// Says QUIT and doesn't wait for the answer.
  void quit() noexcept;

 private:
  FileDescriptor socket_;
  SmtpReplyParser parser_;
  std::string received_;
};

}  // namespace mail
