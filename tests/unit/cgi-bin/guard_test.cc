#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/guard/cors.h"
#include "cgi-bin/guard/same_site.h"
#include "tests/unit/cgi-bin/variables.h"

namespace {

const std::vector<std::string> kHosts = {"www.customer.example"};
const std::vector<std::string> kShared = {"ssl.hoster.example"};

formmail::UrlScope scope() {
  return {"www.customer.example", kHosts, kShared, false, "", [](std::string_view segment) {
            return segment == "www.customer.example" || segment == "www.other.example";
          }};
}

bool crosses(const std::vector<std::string>& variables) {
  return formmail::is_cross_site(Variables(variables).environment(), scope());
}

std::string address(const std::string& remote, const std::string& forwarded,
                    const std::vector<std::string>& trusted) {
  return formmail::client_address(
      Variables({"REMOTE_ADDR=" + remote, "HTTP_X_FORWARDED_FOR=" + forwarded}).environment(), trusted);
}

}  // namespace

TEST_CASE("Origin decides, then Referer, then Sec-Fetch-Site") {
  CHECK_FALSE(crosses({}));
  CHECK_FALSE(crosses({"HTTP_ORIGIN=http://www.customer.example"}));
  CHECK_FALSE(crosses({"HTTP_ORIGIN=https://www.customer.example:8443", "HTTP_SEC_FETCH_SITE=cross-site"}));
  CHECK_FALSE(crosses({"HTTP_ORIGIN=https://ssl.hoster.example"}));
  CHECK(crosses({"HTTP_ORIGIN=https://evil.example"}));
  CHECK(crosses({"HTTP_ORIGIN=ftp://www.customer.example"}));
  CHECK(crosses({"HTTP_ORIGIN=null"}));
  CHECK_FALSE(crosses({"HTTP_ORIGIN=null", "HTTP_SEC_FETCH_SITE=same-origin"}));
  CHECK(crosses({"HTTP_REFERER=http://evil.example/"}));
  CHECK(crosses({"HTTP_REFERER=http://www.customer.example@evil.example/"}));
  CHECK_FALSE(crosses({"HTTP_REFERER=http://www.customer.example/f.html", "HTTP_SEC_FETCH_SITE=cross-site"}));
  CHECK(crosses({"HTTP_SEC_FETCH_SITE=cross-site"}));
  CHECK(crosses({"HTTP_SEC_FETCH_SITE=same-site"}));
  CHECK_FALSE(crosses({"HTTP_SEC_FETCH_SITE=none"}));
}

TEST_CASE("of all that a browser may say of a page, the first of the three decides") {
  struct Said {
    std::string variable;
    bool foreign;
  };
  const std::vector<Said> origins = {{"", false},
                                     {"HTTP_ORIGIN=https://www.customer.example", false},
                                     {"HTTP_ORIGIN=https://evil.example", true}};
  const std::vector<Said> referers = {{"", false},
                                      {"HTTP_REFERER=https://www.customer.example/f.html", false},
                                      {"HTTP_REFERER=https://evil.example/f.html", true}};
  const std::vector<Said> fetch_sites = {
      {"", false}, {"HTTP_SEC_FETCH_SITE=same-origin", false}, {"HTTP_SEC_FETCH_SITE=cross-site", true}};
  for (const Said& origin : origins) {
    for (const Said& referer : referers) {
      for (const Said& fetch_site : fetch_sites) {
        const Said& first = !origin.variable.empty()    ? origin
                            : !referer.variable.empty() ? referer
                                                        : fetch_site;
        CAPTURE(origin.variable, referer.variable, fetch_site.variable);
        CHECK(crosses({origin.variable, referer.variable, fetch_site.variable}) == first.foreign);
      }
    }
  }
}

TEST_CASE("on the shared host the Referer tells one customer's page from another's") {
  const std::string origin = "HTTP_ORIGIN=https://ssl.hoster.example";
  CHECK(crosses({origin, "HTTP_REFERER=https://ssl.hoster.example/www.other.example/f.html"}));
  CHECK_FALSE(crosses({origin, "HTTP_REFERER=https://ssl.hoster.example/www.customer.example/f.html"}));
  CHECK_FALSE(crosses({origin, "HTTP_REFERER=https://ssl.hoster.example/"}));
}

TEST_CASE("X-Forwarded-For counts only behind a trusted proxy, from its end") {
  CHECK(address("192.0.2.1", "198.51.100.7", {}) == "192.0.2.1");
  CHECK(address("192.0.2.1", "198.51.100.7", {"192.0.2.0/24"}) == "198.51.100.7");
  CHECK(address("192.0.2.1", "203.0.113.9, 198.51.100.7, 192.0.2.2", {"192.0.2.0/24"}) == "198.51.100.7");
  CHECK(address("192.0.2.1", "garbage", {"192.0.2.1"}) == "192.0.2.1");
  CHECK(address("::1", "[2001:db8::5]", {"::1"}) == "2001:db8::5");
  CHECK(address("192.0.2.1", "", {"192.0.2.1"}) == "192.0.2.1");
  CHECK(address("not an address", "", {}).empty());
}

TEST_CASE("an address in X-Forwarded-For may have a port") {
  const std::vector<std::pair<std::string, std::string>> items = {{"198.51.100.7:4711", "198.51.100.7"},
                                                                  {"[2001:db8::5]:4711", "2001:db8::5"},
                                                                  {"\"[2001:db8::5]:4711\"", "2001:db8::5"},
                                                                  {"2001:db8::5", "2001:db8::5"},
                                                                  {"198.51.100.7:x:1", "192.0.2.1"},
                                                                  {"[", "192.0.2.1"},
                                                                  {"   ", "192.0.2.1"},
                                                                  {"unknown", "192.0.2.1"},
                                                                  {"2001:db8::5:4711:x", "192.0.2.1"}};
  for (const auto& [item, client] : items) {
    CAPTURE(item);
    CHECK(address("192.0.2.1", "203.0.113.9, " + item, {"192.0.2.1"}) == client);
  }
}

TEST_CASE("a proxy that adds a line of its own to X-Forwarded-For is heard, not the visitor's line") {
  const Variables variables({"REMOTE_ADDR=192.0.2.1", "HTTP_X_FORWARDED_FOR=203.0.113.9",
                             "HTTP_X_FORWARDED_FORWARD=1", "HTTP_X_FORWARDED_FOR=198.51.100.7"});
  CHECK(formmail::client_address(variables.environment(), {"192.0.2.1"}) == "198.51.100.7");
  CHECK(formmail::client_address(variables.environment(), {"192.0.2.1", "198.51.100.7"}) == "203.0.113.9");
}

TEST_CASE("networks, and the /64 that an IPv6 client is counted by") {
  CHECK(formmail::is_in_network("10.1.2.3", "10.0.0.0/8"));
  CHECK_FALSE(formmail::is_in_network("11.1.2.3", "10.0.0.0/8"));
  CHECK(formmail::is_in_network("2001:db8::1", "2001:db8::/32"));
  CHECK_FALSE(formmail::is_in_network("2001:db9::1", "2001:db8::/32"));
  CHECK(formmail::is_in_network("::ffff:10.1.2.3", "10.0.0.0/8"));
  CHECK_FALSE(formmail::is_in_network("10.1.2.3", "10.0.0.0/99"));
  CHECK_FALSE(formmail::is_in_network("10.1.2.3", "x"));
  CHECK(formmail::client_group("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(formmail::client_group("192.0.2.1") == "192.0.2.1");
  CHECK(formmail::client_group("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(formmail::client_group("::FFFF:c000:0201") == "192.0.2.1");
  CHECK(formmail::client_group("") == "");
}

TEST_CASE("only the site's own origins may read answers") {
  const auto preflight = [](const std::string& origin) {
    return formmail::preflight(Variables({"HTTP_ORIGIN=" + origin}).environment(), scope());
  };
  const auto allowed = [](const formmail::Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Access-Control-Allow-Origin") return value;
    }
    return std::string();
  };
  CHECK(preflight("https://www.customer.example").status == 204);
  CHECK(allowed(preflight("https://www.customer.example")) == "https://www.customer.example");
  for (const std::string origin : {"https://evil.example", "null", "", "https://www.other.example"}) {
    CHECK(preflight(origin).status == 403);
    CHECK(allowed(preflight(origin)).empty());
  }
}
