#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// One header field where it stands: "Name: value\r\n folded\r\n".
struct HeaderField {
  ByteRange whole;  ///< with its line ends
  ByteRange name;
  ByteRange value;  ///< after the colon, to before the last line end; folds are in it
};

/// A block of header fields (RFC 5322, 2.2) as strangers write it.
struct HeaderBlock {
  ByteRange range;          ///< all lines of the block; without the empty line
  std::size_t body = 0;     ///< where the body begins: after the empty line
  bool empty_line = false;  ///< an empty line ended it; else a line that is no field, or the end
  std::size_t longest = 0;  ///< bytes of the longest field
  std::size_t folds = 0;    ///< most lines of one field
  /// What makes readers differ about this block, in words; empty for a plain one.
  std::vector<std::string> oddities;
  std::vector<HeaderField> fields;

  /// The fields of this name (any case), in order.
  std::vector<const HeaderField*> named(std::string_view source, std::string_view name) const;
};

/// Reads the block that begins at `begin`. Lines end with LF or CRLF. A line that is no field ends the block
/// as an empty line would (most readers do so) and belongs to the body; only an mbox "From " line in front is
/// passed over. So does a line that `is_boundary`, which is asked about lines that begin with "--", even if
/// it has a colon. Linear in the block; never reads past `end`.
HeaderBlock read_header(std::string_view source, std::size_t begin, std::size_t end,
                        const std::function<bool(std::size_t line)>& is_boundary = {});

/// Does `line` begin as a field does: printable ASCII without blanks, blanks perhaps, a colon?
bool begins_field(std::string_view line);

/// How far behind the beginning of "boundary" an equals sign may stand to make it a parameter: "boundary*0*
/// =".
inline constexpr std::size_t kBoundaryParameterName = 24;

/// A field's value on one line: each fold becomes one blank, outer blanks are gone.
std::string unfold(std::string_view value);

/// The end of the line that begins at `begin`: after its LF, or `end`.
std::size_t next_line(std::string_view source, std::size_t begin, std::size_t end);

/// A line without its LF or CRLF.
std::string_view without_line_end(std::string_view line);

}  // namespace mail
