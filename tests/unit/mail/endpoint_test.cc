#include "mail/endpoint.h"

TEST_CASE("endpoints are HOST:PORT, IPv6 in brackets") {
  using mail::Endpoint;
  CHECK(mail::parse_endpoint("127.0.0.1:25") == Endpoint{"127.0.0.1", 25});
  CHECK(mail::parse_endpoint("[::1]:465") == Endpoint{"::1", 465});
  CHECK(mail::parse_endpoint("*:25") == Endpoint{"", 25});
  for (const char* wrong : {"25", "a:", "a:65536", "a:-1", "::1:25", "a:2x", ""}) {
    CHECK_FALSE(mail::parse_endpoint(wrong).has_value());
  }
}
