// Needs: mail/smtp/dot_stuffing.cc
#include <string>

#include "mail/smtp/dot_stuffing.h"
#include "tests/fuzz/fuzz.h"

namespace {

using mail::DotStuffer;
using mail::DotUnstuffer;

struct Result {
  std::string message;
  std::size_t taken = 0;
  bool done = false;
};

Result unstuffed(std::string_view wire, std::size_t slice, DotUnstuffer::BareNewline mode) {
  DotUnstuffer unstuffer(mode);
  Result result;
  while (result.taken < wire.size() && !unstuffer.done()) {
    mail::Pieces pieces;
    result.taken += unstuffer.unstuff(wire.substr(result.taken, slice), pieces);
    for (const std::string_view piece : pieces) result.message += piece;
  }
  result.done = unstuffer.done();
  must(unstuffer.size() == result.message.size());
  must(unstuffer.longest_line() <= unstuffer.size());
  if (mode == DotUnstuffer::BareNewline::normalize) {
    for (std::size_t i = 0; i + 1 < result.message.size(); ++i) {
      must((result.message[i] == '\r') == (result.message[i + 1] == '\n'));
    }
  }
  return result;
}

}  // namespace

/// The message's end does not depend on how the bytes come in; only CRLF.CRLF makes one; and what was read
/// goes out so that it reads the same.
void fuzz(std::string_view input) {
  const std::size_t slice = take_number(input) + 1;
  for (const auto mode : {DotUnstuffer::BareNewline::keep, DotUnstuffer::BareNewline::normalize}) {
    const Result whole = unstuffed(input, input.size() + 1, mode);
    const Result sliced = unstuffed(input, slice, mode);
    must(whole.message == sliced.message && whole.taken == sliced.taken && whole.done == sliced.done);
    const std::string framed = "\r\n" + std::string(input.substr(0, whole.taken));
    must(whole.done == framed.ends_with("\r\n.\r\n"));
    must(framed.find("\r\n.\r\n") >= framed.size() - 5);
    if (!whole.done) continue;
    DotStuffer stuffer;
    mail::Pieces pieces;
    stuffer.stuff(whole.message, pieces);
    std::string wire;
    for (const std::string_view piece : pieces) wire += piece;
    wire += stuffer.end();
    must(unstuffed(wire, slice, DotUnstuffer::BareNewline::keep).message == whole.message);
  }
}
