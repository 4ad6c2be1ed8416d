#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

/// A file as BinHex 4.0 (RFC 1741, appendix A) holds it; of a damaged one, what there is.
struct BinHexFile {
  std::string name;
  std::string data;  ///< the data fork
};

/// `text`: the characters behind the first colon; they end at the next one. Nothing if they hold no header.
std::optional<BinHexFile> decode_binhex(std::string_view text);

/// Does `line` begin like the data of BinHex: a colon, and characters of its alphabet alone?
bool begins_binhex(std::string_view line);

}  // namespace mail
