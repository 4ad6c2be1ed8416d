#pragma once

#include <cstddef>

namespace formmail {

/// Where the body of a request comes from. At the edge: a CGI process's standard input, a FastCGI stream, or
/// a string in a test.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Up to `size` bytes into `buffer`, as soon as there are any; 0 at the end, or when the sender is too
  /// slow or gone.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
};

}  // namespace formmail
