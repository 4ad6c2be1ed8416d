#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"

namespace mail {

/// One `name=value` of a field as it stands there (RFC 2045, 5.1): RFC 2231 pieces are still apart.
struct RawParameter {
  std::string name;   ///< lower case, with its "*", "*0*"
  std::string value;  ///< quotes and escapes taken off; any bytes
  ByteRange range;    ///< of the value in the field's value, quotes included
};

/// A parameter put together from its pieces.
struct ParameterText {
  std::string bytes;
  std::string charset;    ///< from RFC 2231 (`utf-8'ja'...`); "" where it gave none
  bool extended = false;  ///< it was RFC 2231: no RFC 2047 in it
};

/// Content-Type, Content-Disposition and the like.
struct FieldWithParameters {
  std::string word;  ///< "text/plain", "attachment": lower case, blanks and comments taken out
  std::vector<RawParameter> parameters;
  /// Exactly as RFC 2045 has it: plain tokens, quoted strings without escapes, each name once. Only then do
  /// all readers agree on it.
  bool strict = true;
  bool word_strict = true;  ///< of `word` alone

  /// The first of that name, RFC 2231 before plain.
  std::optional<ParameterText> parameter(std::string_view name) const;
  /// The parameter charset without what stands behind its name (`us-ascii (Plain text)`); "" without one.
  std::string charset() const;
};

/// Takes what strangers write: missing semicolons, comments, unquoted values with blanks and brackets, quotes
/// that never close, Shift_JIS whose second byte is a backslash. Linear.
FieldWithParameters parse_parameters(std::string_view value);

}  // namespace mail
