#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mail {

/// Pieces of bytes in order, none of them owned: views into the caller's buffer or to constants.
using Pieces = std::vector<std::string_view>;

/// Puts the second dot before each line that starts with one (RFC 5321, 4.5.2), and the end of data behind
/// the last. Works on a message in slices of any size, without copying it.
class DotStuffer {
 public:
  /// Adds to `pieces` what goes on the wire for `slice`, whose lines end in CRLF. The pieces are valid as
  /// long as the slice.
  void stuff(std::string_view slice, Pieces& pieces);

  /// What ends the message: ".\r\n", with the CRLF that its last line lacks in front.
  std::string_view end() const;

 private:
  enum class At { line_start, in_line, after_cr };
  At at_ = At::line_start;
};

/// The other way: takes the bytes behind DATA, gives the message, and finds its end. Only CRLF.CRLF ends a
/// message (".CRLF" right behind DATA: an empty one); a lone CR or LF never ends a line, so that nothing
/// inside a message can pass for its end or for a command.
class DotUnstuffer {
 public:
  enum class BareNewline {
    keep,       ///< stays as it is; bare_newline() tells
    normalize,  ///< becomes CRLF
  };

  explicit DotUnstuffer(BareNewline bare_newline = BareNewline::keep) : mode_(bare_newline) {}

  /// Takes bytes up to the end of the message and returns how many were taken; what follows are commands.
  /// Adds the message's bytes to `pieces`; they are valid as long as `bytes`.
  std::size_t unstuff(std::string_view bytes, Pieces& pieces);

  bool done() const { return at_ == At::done; }
  bool bare_newline() const { return bare_newline_; }
  bool nul() const { return nul_; }
  /// Of the message so far, counted as in RFC 1870: CRLFs in, stuffed dots and the final dot's line out.
  std::uint64_t size() const { return size_; }
  /// Of the longest line so far, its CRLF included (RFC 5321, 4.5.3.1.6).
  std::uint64_t longest_line() const;

 private:
  enum class At { line_start, after_dot, after_dot_cr, in_line, after_cr, done };
  void give(std::string_view piece, Pieces& pieces);
  void end_line();
  std::size_t take_text(std::string_view rest, Pieces& pieces);

  BareNewline mode_;
  At at_ = At::line_start;
  bool bare_newline_ = false;
  bool nul_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t line_begin_ = 0;
  std::uint64_t longest_line_ = 0;
};

}  // namespace mail
