#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "mail/mime/transfer_encoding.h"

namespace mail {

/// Where in an encoded body the text splits in two: offset `e` such that body[0, e) decodes to the first
/// `decoded_offset` bytes of `decoded`, and the rest to the rest. Nothing where no byte boundary does that.
/// For quoted-printable; `decoded` is the body decoded.
std::optional<std::size_t> quoted_printable_place(std::string_view body, std::string_view decoded,
                                                  std::size_t decoded_offset);

}  // namespace mail
