#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace formmail {

/// One answer. What is the same in every answer (nosniff, no-store, ...) is added by to_cgi().
struct Response {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The answer as CGI and FastCGI pass it on (RFC 3875 6): "Status: 200 OK", header lines, body.
  /// A header value with a line break would be two headers: it is cut there.
  std::string to_cgi() const;
};

/// "Not Found" for 404 (RFC 9110 15).
std::string_view reason_phrase(int status);

}  // namespace formmail
