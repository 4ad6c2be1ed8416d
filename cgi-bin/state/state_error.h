#pragma once

#include <stdexcept>

namespace formmail {

/// What formmail keeps between requests (secret, databases) can't be read or written.
struct StateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace formmail
