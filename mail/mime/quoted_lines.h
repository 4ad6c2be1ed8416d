#pragma once

#include <algorithm>
#include <string_view>

#include "mail/mime/ascii.h"

namespace mail {

/// The lines of a text from one place on, for as long as each begins with the same quotation: "> ", blanks,
/// or nothing. Each of CR, LF and CRLF ends a line: none of the formats that are read this way has a CR in
/// its data.
class QuotedLines {
 public:
  QuotedLines(std::string_view text, std::size_t begin, std::string_view quotation)
      : text_(text), quotation_(quotation), line_(begin) {
    read();
  }

  bool at_end() const { return at_end_; }
  std::string_view content() const { return content_; }  ///< of the line, without quotation and line end
  std::size_t begin() const { return line_; }
  std::size_t next() const { return next_; }  ///< where the line after it begins
  void advance() {
    line_ = next_;
    read();
  }

 private:
  void read() {
    const auto end = std::min(text_.find_first_of("\r\n", line_), text_.size());
    next_ = text_.substr(end).starts_with("\r\n") ? end + 2 : std::min(end + 1, text_.size());
    content_ = text_.substr(std::min(line_, end), end - std::min(line_, end));
    // An empty line is often left without the blank behind its ">".
    const bool quoted = content_.starts_with(quotation_);
    at_end_ = line_ >= text_.size() || (!quoted && content_ != trim(quotation_));
    content_.remove_prefix(quoted ? quotation_.size() : content_.size());
  }

  std::string_view text_;
  std::string_view quotation_;
  std::size_t line_;
  std::size_t next_ = 0;
  std::string_view content_;
  bool at_end_ = false;
};

}  // namespace mail
