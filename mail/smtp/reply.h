#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

/// One SMTP or LMTP reply (RFC 5321, 4.2), one line or many.
struct SmtpReply {
  int code = 0;      ///< 200..599, the same on every line
  std::string wire;  ///< as it was received, each line with its CRLF; passing it on changes no byte

  bool positive() const { return code >= 200 && code < 300; }
  bool intermediate() const { return code >= 300 && code < 400; }
  bool temporary() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500; }
  /// What stands behind the code, line by line, without CRLF. The views live as long as the reply.
  std::vector<std::string_view> lines() const;
  /// The lines joined with blanks, for a log or an error text.
  std::string text() const;
};

/// The reply that `wire` is, whole and well-formed; else throws std::invalid_argument. For our own replies.
SmtpReply smtp_reply(std::string_view wire);

/// Puts replies together from bytes as they come. Strict in what delimits: a line ends with CRLF only, all
/// lines have the same code, a bare CR or LF or a NUL is garbage. Lenient in what is only text: 8-bit bytes
/// and lines over RFC 5321's 512 octets pass, up to the limits here.
class SmtpReplyParser {
 public:
  static constexpr std::size_t kLongestLine = 8192;
  static constexpr std::size_t kLongestReply = 65536;

  enum class State { incomplete, complete, malformed };

  /// Takes bytes up to the end of the reply and returns how many were taken; what follows belongs to the next
  /// one. Takes nothing once the reply is complete or malformed.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }
  /// Not a byte of a reply has come yet.
  bool untouched() const { return reply_.wire.empty(); }
  /// Why it is malformed; "" otherwise.
  std::string_view fault() const { return fault_; }

  /// The complete reply; the parser starts anew.
  SmtpReply take();
  void reset();

 private:
  void check_line(std::string_view line);
  void fail(std::string_view fault);

  SmtpReply reply_;
  std::size_t line_begin_ = 0;
  State state_ = State::incomplete;
  std::string_view fault_;
};

}  // namespace mail
