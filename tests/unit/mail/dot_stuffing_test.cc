#include "mail/smtp/dot_stuffing.h"

#include <string>

using mail::DotStuffer;
using mail::DotUnstuffer;

namespace {

std::string joined(const mail::Pieces& pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

/// `message` as it goes over the wire, handed over in slices of `slice` bytes.
std::string stuffed(std::string_view message, std::size_t slice) {
  DotStuffer stuffer;
  std::string wire;
  for (std::size_t at = 0; at < message.size(); at += slice) {
    mail::Pieces pieces;
    stuffer.stuff(message.substr(at, slice), pieces);
    wire += joined(pieces);
  }
  return wire.append(stuffer.end());
}

struct Received {
  std::string message;
  std::string rest;
  bool done;
  bool bare_newline;
  bool nul;
  std::uint64_t size;
  std::uint64_t longest_line;
};

Received received(std::string_view wire, std::size_t slice,
                  DotUnstuffer::BareNewline mode = DotUnstuffer::BareNewline::keep) {
  DotUnstuffer unstuffer(mode);
  Received result{};
  std::size_t at = 0;
  while (at < wire.size() && !unstuffer.done()) {
    mail::Pieces pieces;
    at += unstuffer.unstuff(wire.substr(at, slice), pieces);
    result.message += joined(pieces);
  }
  result.rest = wire.substr(at);
  result.done = unstuffer.done();
  result.bare_newline = unstuffer.bare_newline();
  result.nul = unstuffer.nul();
  result.size = unstuffer.size();
  result.longest_line = unstuffer.longest_line();
  return result;
}

constexpr std::size_t kSlices[] = {1, 2, 3, 5, 1000};

}  // namespace

TEST_CASE("dots at line starts are doubled, and only there") {
  for (const std::size_t slice : kSlices) {
    CHECK(stuffed("", slice) == ".\r\n");
    CHECK(stuffed(".\r\n", slice) == "..\r\n.\r\n");
    CHECK(stuffed("a\r\n.b\r\n..\r\nc.\r\n", slice) == "a\r\n..b\r\n...\r\nc.\r\n.\r\n");
    CHECK(stuffed("a\n.b\r.c\r\n", slice) == "a\n.b\r.c\r\n.\r\n");
    CHECK(stuffed("no end", slice) == "no end\r\n.\r\n");
    CHECK(stuffed("no end\r", slice) == "no end\r\r\n.\r\n");
  }
}

TEST_CASE("a message comes back from the wire as it was, with what follows left alone") {
  for (const std::string message : {"", ".\r\n", "a\r\n", "\r\n.\r\n..\r\n", "x\r\n.y\r\n\r\n"}) {
    for (const std::size_t slice : kSlices) {
      const Received result = received(stuffed(message, slice) + "QUIT\r\n", slice);
      CHECK(result.done);
      CHECK(result.message == message);
      CHECK(result.size == message.size());
      CHECK(result.rest == "QUIT\r\n");
      CHECK_FALSE(result.bare_newline);
    }
  }
}

TEST_CASE("only CRLF.CRLF ends a message") {
  for (const std::string_view smuggled :
       {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r\n.\r\r\n"}) {
    for (const std::size_t slice : kSlices) {
      const std::string wire = "a" + std::string(smuggled) + "MAIL FROM:<x@y>\r\n";
      const Received open = received(wire, slice);
      CHECK_FALSE(open.done);
      CHECK(open.bare_newline);
      CHECK(received(wire + ".\r\n", slice).done);
    }
  }
  const Received nul = received(std::string_view("a\r\n\0.\r\nMAIL\r\n.\r\n", 16), 4);
  CHECK(nul.done);
  CHECK(nul.nul);
  CHECK(nul.message == std::string_view("a\r\n\0.\r\nMAIL\r\n", 13));
}

TEST_CASE("normalized, each bare CR and each bare LF is a CRLF") {
  for (const std::size_t slice : kSlices) {
    const auto normalized = [&](std::string_view wire) {
      return received(wire, slice, DotUnstuffer::BareNewline::normalize).message;
    };
    CHECK(normalized("a\nb\rc\r\nd\r\n.\r\n") == "a\r\nb\r\nc\r\nd\r\n");
    CHECK(normalized("a\n.\r\nb\r\n.\r\n") == "a\r\n.\r\nb\r\n");
    CHECK(normalized("a\r\r\n.\r\n") == "a\r\n\r\n");
    CHECK(normalized("a\r\n.\rb\r\n.\r\n") == "a\r\n\r\nb\r\n");
    CHECK(normalized("\n\r\n.\r\n") == "\r\n\r\n");
  }
}

TEST_CASE("size and the longest line are counted without stuffed dots") {
  const Received result = received("..a\r\nlong line\r\n.\r\n", 3);
  CHECK(result.size == 15);
  CHECK(result.longest_line == 11);
}

TEST_CASE("an ordinary buffer comes out in one piece") {
  const std::string_view wire = "Subject: x\r\n\r\none\r\ntwo\r\n";
  DotUnstuffer unstuffer;
  mail::Pieces pieces;
  unstuffer.unstuff(wire, pieces);
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0] == wire);
}
