#include <string>

#include "cgi-bin/webhook/hook_call.h"
#include "cgi-bin/webhook/hook_url.h"

using formmail::HookUrl;
using formmail::is_public_address;
using formmail::permitted_address;

TEST_CASE("addresses that are not the Internet's are not public") {
  for (const char* address : {"127.0.0.1",
                              "127.9.9.9",
                              "0.0.0.0",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "100.127.255.255",
                              "224.0.0.1",
                              "255.255.255.255",
                              "198.18.0.1",
                              "192.0.2.1",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "febf::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a00:1",
                              "2002:7f00:1::",
                              "2001::1",
                              "2001:db8::1",
                              ""}) {
    CAPTURE(address);
    CHECK_FALSE(is_public_address(address));
  }
  for (const char* address :
       {"8.8.8.8", "172.32.0.1", "100.128.0.1", "169.255.0.1", "193.0.0.1", "223.255.255.255", "2400:cb00::1",
        "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"}) {
    CAPTURE(address);
    CHECK(is_public_address(address));
  }
}

TEST_CASE("a webhook's URL") {
  const auto url = HookUrl::parse("https://Hooks.Example:8443/a?b=c");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "hooks.example");
  CHECK(url->port == "8443");
  CHECK(HookUrl::parse("https://hooks.example")->port == "443");
  CHECK(HookUrl::parse("http://[::1]:80/")->host == "[::1]");
  for (const char* bad :
       {"", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "https://", "https:///x",
        "https://a@hooks.example/", "https://hooks.example/#x", "https://hooks.example/a b",
        "https://hooks.example/\n", "https://hooks.example\\@evil/", "https://hooks.example:/",
        "https://hooks.example:99999999/", "HTTPS://hooks.example/", "-oX", "https://hök.example/"}) {
    CAPTURE(bad);
    CHECK_FALSE(HookUrl::parse(bad));
  }
}

TEST_CASE("what may be called is judged by address, however it is written") {
  std::string why;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (const char* text : {"https://127.0.0.1/", "https://localhost/", "https://[::1]/",
                           "https://[::ffff:127.0.0.1]/", "https://0x7f.1/", "https://2130706433/",
                           "https://127.1/", "https://0/", "https://169.254.169.254/", "http://8.8.8.8/"}) {
    CAPTURE(text);
    const auto url = HookUrl::parse(text);
    CHECK((!url || !permitted_address(*url, {}, deadline, why)));
  }
  CHECK(permitted_address(HookUrl::parse("https://8.8.8.8/").value(), {}, deadline, why) == "8.8.8.8");
  CHECK(permitted_address(HookUrl::parse("http://127.0.0.1/").value(), {"127.0.0.0/8"}, deadline, why) ==
        "127.0.0.1");
  CHECK_FALSE(permitted_address(HookUrl::parse("http://127.0.0.1/").value(), {"10.0.0.0/8"}, deadline, why));
  CHECK(why == "127.0.0.1 may not be asked without TLS");
}

TEST_CASE("the signature is the HMAC of time and body") {
  // From Python's hmac and hashlib.
  CHECK(formmail::hook_signature("0123456789abcdef", "{\"id\":\"1\"}",
                                 std::chrono::system_clock::from_time_t(1700000000)) ==
        std::string("t=1700000000,v1=") + "d5f5834972cbc6cf5590800c46ccaa0cd6c16f19c0c73dbdf9b4c56390cbc2a3");
}
