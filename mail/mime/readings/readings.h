#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "mail/byte_range.h"
#include "mail/mime/mime_map.h"

namespace mail {

/// Bytes that some reader could show as a file, though the plain reading of the message has no such part.
struct Reading {
  std::size_t source = 0;  ///< of the map: where `range` is
  ByteRange range;         ///< what to take out so that no reader shows it: header and boundary line included
  ByteRange body;          ///< what was decoded
  std::string name;        ///< file name as it stands there, UTF-8; "" none
  std::string why;         ///< "other boundary, base64 line by line"
  std::string_view bytes;  ///< decoded; valid during the call only
};

/// What the readings of a message, and of messages found in it, may cost in all.
struct ReadingBudget {
  std::size_t bytes;                          ///< to decode and hand out
  std::size_t kept = 0;                       ///< of these: not to be used up yet
  std::unordered_set<std::string> seen = {};  ///< digests of what was handed out and is nothing

  /// A small multiple of the size: no ordinary mail, however odd, comes near it.
  static ReadingBudget for_message(std::size_t size) { return {(32 << 20) + 8 * size}; }
};

/// Is given a reading, tells whether it holds anything: then the same bytes elsewhere are handed out, too.
using TakeReading = std::function<bool(const Reading&)>;

/// Hands every further reading of the message to `take`.
///
/// The problem: readers differ in where they see a header, which boundary they believe, which of two fields
/// counts, how they mend a damaged encoding; the combinations are too many to try one by one. The choice: no
/// reader can show a file but from a run of bytes between two lines that look like boundaries (or the ends of
/// the message), after something that looks like the end of a header, in one of the encodings there are. So
/// the message is cut at each set of such lines that some reader could believe in, whatever the headers say,
/// and every piece is decoded in every way that its bytes call for. What many readings share is handed out
/// once.
///
/// Where the structure is `certain`, only files inside of text (inline_files.h) are further readings.
///
/// Work and bytes handed out are bounded by a multiple of the message's size; returns false where that bound
/// left readings out. Some of it is kept for what needs no cut, so that no heap of junk hides a file in
/// base64, quoted-printable or the clear.
bool for_each_reading(const MimeMap& map, bool certain, ReadingBudget& budget, const TakeReading& take);

}  // namespace mail
