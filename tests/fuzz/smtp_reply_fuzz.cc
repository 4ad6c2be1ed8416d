// Needs: mail/smtp/reply.cc mail/smtp/capabilities.cc mail/smtp/command.cc
#include "mail/smtp/reply.h"

#include "mail/smtp/capabilities.h"
#include "tests/fuzz/fuzz.h"

using State = mail::SmtpReplyParser::State;

/// Whatever the peer sends, in whatever slices: the same replies, bounded, each made of whole lines.
void fuzz(std::string_view input) {
  const std::size_t slice = take_number(input) + 1;
  mail::SmtpReplyParser whole;
  mail::SmtpReplyParser sliced;
  const std::size_t taken = whole.feed(input);
  for (std::size_t at = 0; at < input.size() && sliced.state() == State::incomplete;) {
    const std::string_view piece = input.substr(at, slice);
    const std::size_t of_piece = sliced.feed(piece);
    must(of_piece <= piece.size());
    at += of_piece;
  }
  must(taken <= input.size());
  must((whole.state() == State::complete) == (sliced.state() == State::complete));
  if (whole.state() != State::complete) return;
  const mail::SmtpReply reply = whole.take();
  must(reply.wire == sliced.take().wire);
  must(reply.wire == input.substr(0, taken) && reply.wire.ends_with("\r\n"));
  must(reply.wire.size() <= mail::SmtpReplyParser::kLongestReply);
  must(reply.code >= 200 && reply.code <= 599 && !reply.lines().empty());
  must(mail::SmtpCapabilities(reply).size_limit() != 0U);
}
