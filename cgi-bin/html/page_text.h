#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// An HTML page in the bytes and the charset it was saved in, so that markup can be found and changed in it
/// without converting it.
///
/// markup() is as long as bytes(): where a byte belongs to a character outside ASCII it holds kOther. So a
/// `\`, `<` or `"` found there is one, and not the second byte of a Shift_JIS or ISO-2022-JP character, and
/// every offset holds in both.
class PageText {
 public:
  static constexpr char kOther = '\x80';

  /// `charset` as an HTML page labels it; unknown ones are taken for an 8-bit charset over ASCII.
  PageText(std::string bytes, std::string_view charset);

  const std::string& bytes() const { return bytes_; }
  const std::string& markup() const { return markup_; }
  const std::string& charset() const { return charset_; }

  /// The text from `begin` to `end` in UTF-8. Runs of characters that don't fit the charset become U+FFFD.
  /// With `offsets`, that gets for each byte of the result (and its end) the offset in the page.
  std::string utf8(std::size_t begin, std::size_t end, std::vector<std::size_t>* offsets = nullptr) const;

  /// Where the first bytes stand that are none of the charset's; nothing if all fit.
  std::optional<std::size_t> first_misfit() const;

  /// The line of `offset`, counted from 1. Lines end in LF, CRLF or CR.
  std::size_t line(std::size_t offset) const;

 private:
  std::size_t run_end(std::size_t begin, std::size_t end) const;

  std::string bytes_;
  std::string charset_;
  std::string markup_;
  std::vector<std::size_t> lines_;  ///< offsets at which lines begin
};

}  // namespace formmail
