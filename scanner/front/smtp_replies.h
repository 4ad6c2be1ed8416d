#pragma once

#include <string_view>

namespace scanner::reply {

// All that the relay itself says to a client, with the enhanced codes of RFC 3463. What the next hop says is
// passed on and does not stand here.

inline constexpr std::string_view kAccessDenied = "554 5.7.1 Access denied\r\n";
inline constexpr std::string_view kTooManyConnections = "421 4.7.0 Too many connections, try again later\r\n";
inline constexpr std::string_view kTooManyOfYours = "421 4.7.0 Too many connections from your host\r\n";
inline constexpr std::string_view kShuttingDown = "421 4.3.2 Service shutting down, try again\r\n";
inline constexpr std::string_view kTimeout = "421 4.4.2 Timeout, closing connection\r\n";
inline constexpr std::string_view kTooManyErrors = "421 4.7.0 Too many errors, closing connection\r\n";

inline constexpr std::string_view kOk = "250 2.0.0 Ok\r\n";
inline constexpr std::string_view kSenderOk = "250 2.1.0 Ok\r\n";
inline constexpr std::string_view kRecipientOk = "250 2.1.5 Ok\r\n";
inline constexpr std::string_view kBye = "221 2.0.0 Bye\r\n";
inline constexpr std::string_view kStartTls = "220 2.0.0 Ready to start TLS\r\n";
inline constexpr std::string_view kCannotVerify = "252 2.0.0 Cannot verify, will take mail for it\r\n";
inline constexpr std::string_view kHelp = "214 2.0.0 scanrelay, RFC 5321\r\n";
inline constexpr std::string_view kGoAhead = "354 End data with <CR><LF>.<CR><LF>\r\n";

inline constexpr std::string_view kLineTooLong = "500 5.5.2 Line too long\r\n";
inline constexpr std::string_view kBareNewlineInCommand = "500 5.5.2 A command line ends with <CR><LF>\r\n";
inline constexpr std::string_view kNulInCommand = "500 5.5.2 NUL in a command line\r\n";
inline constexpr std::string_view kUnknownCommand = "500 5.5.2 Command not recognized\r\n";
inline constexpr std::string_view kNotImplemented = "502 5.5.1 Command not implemented\r\n";
inline constexpr std::string_view kSyntax = "501 5.5.4 Syntax error in parameters\r\n";
inline constexpr std::string_view kNoParameters = "501 5.5.4 This command takes no parameters\r\n";
inline constexpr std::string_view kHelloFirst = "503 5.5.1 Send EHLO first\r\n";
inline constexpr std::string_view kNestedMail = "503 5.5.1 Sender already given\r\n";
inline constexpr std::string_view kMailFirst = "503 5.5.1 Send MAIL first\r\n";
inline constexpr std::string_view kRecipientFirst = "503 5.5.1 Send RCPT first\r\n";
inline constexpr std::string_view kNoRecipients = "554 5.5.1 No valid recipients\r\n";
inline constexpr std::string_view kOnlyQuit = "503 5.7.1 Access denied, only QUIT is left\r\n";
inline constexpr std::string_view kInTransaction = "503 5.5.1 Not within a mail transaction\r\n";
inline constexpr std::string_view kTlsActive = "503 5.5.1 TLS is active already\r\n";
inline constexpr std::string_view kNotAuthorized = "550 5.7.0 Insufficient authorization\r\n";
inline constexpr std::string_view kOneRecipient = "452 4.5.3 One recipient at a time\r\n";
inline constexpr std::string_view kTooManyRecipients = "452 4.5.3 Too many recipients\r\n";

inline constexpr std::string_view kTooLong = "552 5.3.4 Message is longer than this server takes\r\n";
inline constexpr std::string_view kBareNewline = "550 5.6.11 Bare <CR> or <LF> in the message\r\n";
inline constexpr std::string_view kTextLineTooLong = "500 5.6.0 Line too long in the message\r\n";
inline constexpr std::string_view kNul = "550 5.6.0 NUL in the message\r\n";
inline constexpr std::string_view kStorageFull = "452 4.3.1 Insufficient system storage\r\n";
inline constexpr std::string_view kCannotScan =
    "451 4.3.0 Message could not be scanned now, try again later\r\n";
inline constexpr std::string_view kRejected = "550 5.7.1 Message refused: it can't be scanned\r\n";
inline constexpr std::string_view kNextHop =
    "451 4.4.1 Next mail server is not available, try again later\r\n";
inline constexpr std::string_view kNotAll =
    "451 4.3.0 Not all recipients could be served, try again later\r\n";

}  // namespace scanner::reply
