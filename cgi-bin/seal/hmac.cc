#include "cgi-bin/seal/hmac.h"

#include <nettle/hmac.h>

#include <cstdint>

// By Nettle: OpenSSL's first digest reads a configuration file and fills tables of every algorithm, which
// took a CGI process more than all its own work; and the tables that come with its library took as long to be
// relocated.

namespace formmail {

namespace {

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, key.size(), bytes_of(key));
  hmac_sha256_update(&context, text.size(), bytes_of(text));
  std::string out(SHA256_DIGEST_SIZE, '\0');
  hmac_sha256_digest(&context, out.size(), reinterpret_cast<std::uint8_t*>(out.data()));
  return out;
}

}  // namespace formmail
