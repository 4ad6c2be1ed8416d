#include "mail/smtp/dot_stuffing.h"

#include <algorithm>

namespace mail {

namespace {

constexpr std::string_view kCr = "\r";
constexpr std::string_view kLf = "\n";
constexpr std::string_view kCrLf = "\r\n";

/// How far one step looks for a line end. Bounded, so that a message of nothing but bare CRs or LFs costs no
/// more than a constant for each byte.
constexpr std::size_t kWindow = 1024;

}  // namespace

void DotStuffer::stuff(std::string_view slice, Pieces& pieces) {
  if (slice.empty()) return;
  if (at_ == At::line_start && slice[0] == '.') pieces.emplace_back(".");
  std::size_t begin = 0;
  for (std::size_t newline = slice.find("\n."); newline != std::string_view::npos;
       newline = slice.find("\n.", newline + 1)) {
    const bool after_cr = newline > 0 ? slice[newline - 1] == '\r' : at_ == At::after_cr;
    if (!after_cr) continue;
    pieces.push_back(slice.substr(begin, newline + 1 - begin));
    pieces.emplace_back(".");
    begin = newline + 1;
  }
  pieces.push_back(slice.substr(begin));
  const bool complete = slice.ends_with(kCrLf) || (slice == kLf && at_ == At::after_cr);
  at_ = complete ? At::line_start : slice.ends_with(kCr) ? At::after_cr : At::in_line;
}

std::string_view DotStuffer::end() const { return at_ == At::line_start ? ".\r\n" : "\r\n.\r\n"; }

std::size_t DotUnstuffer::unstuff(std::string_view bytes, Pieces& pieces) {
  std::size_t taken = 0;
  while (at_ != At::done && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    switch (at_) {
      case At::line_start:
        if (rest[0] != '.') {
          at_ = At::in_line;
        } else {
          at_ = At::after_dot;
          ++taken;
        }
        break;
      case At::after_dot:
        if (rest[0] != '\r') {
          at_ = At::in_line;
        } else {
          at_ = At::after_dot_cr;
          ++taken;
        }
        break;
      case At::after_dot_cr:
        if (rest[0] != '\n') {
          give(kCr, pieces);
          at_ = At::after_cr;
        } else {
          at_ = At::done;
          ++taken;
        }
        break;
      case At::after_cr:
        if (rest[0] != '\n') {
          bare_newline_ = true;
          if (mode_ == BareNewline::normalize) {
            give(kLf, pieces);
            end_line();
          }
          at_ = At::in_line;
        } else {
          give(rest.substr(0, 1), pieces);
          end_line();
          at_ = At::line_start;
          ++taken;
        }
        break;
      case At::in_line:
        taken += take_text(rest, pieces);
        break;
      case At::done:
        break;
    }
  }
  return taken;
}

std::size_t DotUnstuffer::take_text(std::string_view rest, Pieces& pieces) {
  const std::string_view window = rest.substr(0, kWindow);
  const std::size_t cr = window.find('\r');
  const std::string_view before_cr = window.substr(0, cr);
  const std::size_t lf = before_cr.find('\n');
  const std::string_view text = before_cr.substr(0, lf);
  nul_ = nul_ || text.find('\0') != std::string_view::npos;
  if (lf != std::string_view::npos) {
    bare_newline_ = true;
    give(text, pieces);
    give(mode_ == BareNewline::normalize ? kCrLf : rest.substr(lf, 1), pieces);
    end_line();
    return lf + 1;
  }
  if (cr != std::string_view::npos) {
    give(window.substr(0, cr + 1), pieces);
    at_ = At::after_cr;
    return cr + 1;
  }
  give(text, pieces);
  return text.size();
}

void DotUnstuffer::give(std::string_view piece, Pieces& pieces) {
  if (piece.empty()) return;
  size_ += piece.size();
  if (!pieces.empty() && pieces.back().data() + pieces.back().size() == piece.data()) {
    pieces.back() = std::string_view(pieces.back().data(), pieces.back().size() + piece.size());
  } else {
    pieces.push_back(piece);
  }
}

void DotUnstuffer::end_line() {
  longest_line_ = std::max(longest_line_, size_ - line_begin_);
  line_begin_ = size_;
}

std::uint64_t DotUnstuffer::longest_line() const { return std::max(longest_line_, size_ - line_begin_); }

}  // namespace mail
