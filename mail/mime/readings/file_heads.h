#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mail {

/// How files that matter begin, for runs of bytes whose start is not known.
inline constexpr std::array<std::string_view, 14> kFileHeads = {std::string_view("PK\x03\x04", 4),
                                                                "Rar!\x1a\x07",
                                                                "7z\xbc\xaf\x27\x1c",
                                                                "\x1f\x8b\x08",
                                                                "MSCF",
                                                                "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                                                                "%PDF-",
                                                                "\x7f"
                                                                "ELF",
                                                                std::string_view("MZ\x90\x00", 4),
                                                                "{\\rtf",
                                                                "X5O!P%@AP",
                                                                "ITSF",
                                                                "BZh9",
                                                                "\xfd"
                                                                "7zXZ"};

inline bool begins_like_file(std::string_view bytes) {
  return std::any_of(kFileHeads.begin(), kFileHeads.end(),
                     [&](std::string_view head) { return bytes.starts_with(head); });
}

}  // namespace mail
