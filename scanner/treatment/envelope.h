#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// What an envelope holds that needs no key to be opened.
struct EnvelopeContents {
  std::vector<std::string> files;
  bool too_large = false;  ///< some was left packed
};

/// Opens CMS (RFC 5652: signed, compressed or digested data, as in an S/MIME mail whose signature is not
/// beside but around it) and OpenPGP (RFC 9580: literal and compressed data, signed or not). Mail programs
/// show the mail inside, though nothing of it stands in the clear. Empty for all other bytes and for what is
/// encrypted. `budget` bounds what is unpacked, and is used up by it.
EnvelopeContents open_envelope(std::string_view bytes, std::uint64_t& budget);

}  // namespace scanner
