#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/smtp/connection.h"

namespace mail {

struct SmtpEnvelope {
  std::optional<Address> sender;  ///< none: the null sender <>
  std::vector<Address> recipients;
  bool needs_smtputf8 = false;  ///< the message's header holds UTF-8
};

/// What became of a mail for one recipient.
enum class SendStatus {
  accepted,   ///< the server said 250 to the end of the data
  temporary,  ///< not accepted now, or nobody knows: the same mail may be sent again, with the same
              ///< Message-ID
  permanent,  ///< refused for good
};

struct SendOutcome {
  SendStatus status = SendStatus::temporary;
  std::string reason;        ///< the reply, or what went wrong; may hold a stranger's text
  bool unreachable = false;  ///< the server could not be talked to: another mail would fare the same
};

/// For the owner of a form who waits at his browser, not for a mail queue: far under RFC 5321's 4.5.3.2.
struct SmtpTimeouts {
  std::chrono::seconds connect{10};
  std::chrono::seconds command{30};
  std::chrono::seconds end_of_data{120};  ///< the next hop's virus scan is in it
};

/// Sends mails to one server, one at a time, over a connection that it keeps open in between. Blocking. Not
/// for use from several threads at once.
class SmtpClient {
 public:
  /// `helo_name`: what it calls itself.
  SmtpClient(SmtpEndpoint server, std::string helo_name, SmtpTimeouts timeouts = {});
  ~SmtpClient();
  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;

  /// Sends `message` (CRLF line ends). One outcome for each recipient, in their order. Throws nothing but
  /// std::bad_alloc: whatever fails is an outcome.
  std::vector<SendOutcome> send(const SmtpEnvelope& envelope, std::string_view message);

 private:
  struct Session;
  void open();
  void close();
  std::vector<SendOutcome> transact(const SmtpEnvelope& envelope, std::string_view message);

  SmtpEndpoint server_;
  std::string helo_name_;
  SmtpTimeouts timeouts_;
  std::unique_ptr<Session> session_;
};

}  // namespace mail
