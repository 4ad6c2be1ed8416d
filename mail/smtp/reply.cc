#include "mail/smtp/reply.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The code at the start of a line, 0 if there is none. The second digit is not held to RFC 5321's 0..5:
/// "571" has been in use for as long as enhanced status codes.
int code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

std::vector<std::string_view> SmtpReply::lines() const {
  std::vector<std::string_view> lines;
  std::string_view rest = wire;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    lines.push_back(line.substr(std::min<std::size_t>(4, line.size())));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return lines;
}

std::string SmtpReply::text() const {
  std::string text;
  for (const std::string_view line : lines()) {
    if (!text.empty()) text += ' ';
    text += line;
  }
  return text;
}

SmtpReply smtp_reply(std::string_view wire) {
  SmtpReplyParser parser;
  if (parser.feed(wire) != wire.size() || parser.state() != SmtpReplyParser::State::complete) {
    throw std::invalid_argument("no SMTP reply: " + std::string(wire));
  }
  return parser.take();
}

std::size_t SmtpReplyParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::incomplete && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t newline = rest.find('\n');
    const std::string_view piece =
        rest.substr(0, newline == std::string_view::npos ? rest.size() : newline + 1);
    // Beyond this point the piece fits: neither a line nor the reply can grow past its limit.
    if (reply_.wire.size() - line_begin_ + piece.size() > kLongestLine) return fail("line too long"), taken;
    if (reply_.wire.size() + piece.size() > kLongestReply) return fail("reply too long"), taken;
    reply_.wire += piece;
    taken += piece.size();
    if (newline != std::string_view::npos) check_line(std::string_view(reply_.wire).substr(line_begin_));
  }
  return taken;
}

void SmtpReplyParser::check_line(std::string_view line) {
  if (line.size() < 2 || line[line.size() - 2] != '\r') return fail("bare LF");
  line.remove_suffix(2);
  if (line.find('\r') != std::string_view::npos) return fail("bare CR");
  if (line.find('\0') != std::string_view::npos) return fail("NUL");
  const int code = code_of(line);
  const char mark = line.size() > 3 ? line[3] : ' ';
  if (code == 0 || (mark != ' ' && mark != '-')) return fail("no reply code");
  if (line_begin_ != 0 && code != reply_.code) return fail("reply code changes between lines");
  reply_.code = code;
  line_begin_ = reply_.wire.size();
  if (mark == ' ') state_ = State::complete;
}

void SmtpReplyParser::fail(std::string_view fault) {
  state_ = State::malformed;
  fault_ = fault;
}

SmtpReply SmtpReplyParser::take() {
  SmtpReply reply = std::move(reply_);
  reset();
  return reply;
}

void SmtpReplyParser::reset() { *this = SmtpReplyParser(); }

}  // namespace mail
