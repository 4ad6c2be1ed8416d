#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/http/environment.h"

namespace formmail {

/// What a request was sent to, as far as web servers tell it in their different ways.
struct RequestTarget {
  std::string host;  ///< as host_name() writes it; "" unknown
  std::string
      authority;     ///< host with its port, safe to be written into headers: "www.customer.example:8080"
  std::string path;  ///< of the form's action, percent-encoded, without query: where pages post back to
  /// First segments of the path by every variable that has one, the likeliest first: on the shared-SSL host
  /// the site's name. Servers rewrite, alias and cut paths; REQUEST_URI is what the browser asked for.
  std::vector<std::string> first_segments;
};

RequestTarget request_target(const Environment& environment);

}  // namespace formmail
