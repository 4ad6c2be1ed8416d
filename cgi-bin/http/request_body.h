#pragma once

#include <cstdint>
#include <string>

#include "cgi-bin/http/body_source.h"
#include "cgi-bin/http/environment.h"

namespace formmail {

/// A request that gets an answer of its own: an HTTP status and the key of a message (templates/pages).
struct Refusal {
  int status;
  const char* message;
};

/// Reads the body that CONTENT_LENGTH announces, at most `most` bytes. Throws Refusal: 411 without a length,
/// 413 over the limit (nothing is read), 400 for a length that is none and for a body that ends early.
std::string read_body(const Environment& environment, BodySource& source, std::int64_t most);

}  // namespace formmail
