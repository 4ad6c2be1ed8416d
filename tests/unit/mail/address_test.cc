#include "mail/address.h"

#include <string>
#include <vector>

using mail::Address;

namespace {

std::string spec(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->spec() : "";
}

}  // namespace

TEST_CASE("addresses that people have are taken") {
  const std::vector<std::pair<std::string, std::string>> taken = {
      {"info@customer.example", "info@customer.example"},
      {"o'brien+x@a.museum", "o'brien+x@a.museum"},
      {"Taro.Yamada@Customer.Example", "Taro.Yamada@Customer.Example"},
      {"user@例え.jp", "user@xn--r8jz45g.jp"},
      {"user@例え．jp", "user@xn--r8jz45g.jp"},
      {"user@xn--r8jz45g.jp", "user@xn--r8jz45g.jp"},
      {"a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"},
      {"a.@ezweb.ne.jp", "\"a.\"@ezweb.ne.jp"},
      {".a@ezweb.ne.jp", "\".a\"@ezweb.ne.jp"},
      {"a-._.-b@docomo.ne.jp", "a-._.-b@docomo.ne.jp"},
      {"\"a b\"@customer.example", "\"a b\"@customer.example"},
      {"\"plain\"@customer.example", "plain@customer.example"},
      {R"("a\"\\b"@customer.example)", R"("a\"\\b"@customer.example)"},
      {"0@0.example", "0@0.example"},
      {"v%evil@site.example", "v%evil@site.example"},
      {"-oX@site.example", "-oX@site.example"},
      {"山田@例え.jp", "山田@xn--r8jz45g.jp"},
      {"root@localhost", "root@localhost"},
  };
  for (const auto& [typed, expected] : taken) {
    CAPTURE(typed);
    CHECK(spec(typed) == expected);
    CHECK(spec(expected) == expected);
  }
}

TEST_CASE("what could be read as more than one address is refused") {
  using namespace std::string_literals;
  const std::vector<std::string> refused = {"",
                                            "@",
                                            "a",
                                            "a@",
                                            "@b.example",
                                            "v@evil.example,ok@site.example",
                                            "<v@evil.example>ok@site.example",
                                            "<v@evil.example>",
                                            "v@evil.example ok@site.example",
                                            " v@evil.example",
                                            "v@evil.example ",
                                            "v@evil.example\n",
                                            "v@evil.example\r\nBcc: x@evil.example",
                                            "v\n@evil.example",
                                            "v@evil\n.example",
                                            "v@evil.example\0"s,
                                            "v(comment)@evil.example",
                                            "v@(comment)evil.example",
                                            "@a,@b:v@evil.example",
                                            "a;b@evil.example",
                                            "a:b@evil.example",
                                            "group:v@evil.example;",
                                            "a@b@evil.example",
                                            "..@evil.example",
                                            "\"a@evil.example",
                                            "\"a\"b@evil.example",
                                            "\"a\n\"@evil.example",
                                            "\"a\\\"@evil.example",
                                            "\"\"@evil.example",
                                            "v@evil..example",
                                            "v@.evil.example",
                                            "v@evil.example.",
                                            "v@-evil.example",
                                            "v@evil-.example",
                                            "v@evil_x.example",
                                            "v@[192.0.2.1]",
                                            "v@192.0.2.1",
                                            "v@[IPv6:::1]",
                                            "v\xc2\x85@evil.example",
                                            "v\u2028@evil.example",
                                            "v@evil\u2028.example",
                                            "v\u202e@evil.example",
                                            "v\xc0\x8a@evil.example",
                                            "v\x8a@evil.example",
                                            "v@\xff.example",
                                            "v@例え\n.jp",
                                            "v@例え,x.jp",
                                            "v@例え，x.jp",
                                            "v@例え＠x.jp",
                                            "v@a／b.jp",
                                            "v@evil.example>",
                                            "v@evil.example (x)",
                                            "=?utf-8?q?v?=@evil.example\t"};
  for (const std::string& text : refused) {
    CAPTURE(text);
    CHECK(spec(text) == "");
  }
}

TEST_CASE("lengths are those of RFC 5321") {
  const std::string domain = "example.jp";
  CHECK_FALSE(spec(std::string(64, 'a') + "@" + domain).empty());
  CHECK(spec(std::string(65, 'a') + "@" + domain).empty());
  CHECK(spec("a." + std::string(60, 'a') + "@" + domain).size() == 62 + 1 + domain.size());
  CHECK(spec("a.." + std::string(60, 'a') + "@" + domain).empty());  // 65 with its quotes
  CHECK_FALSE(spec("a@" + std::string(63, 'b') + ".jp").empty());
  CHECK(spec("a@" + std::string(64, 'b') + ".jp").empty());
  std::string labels;
  for (int i = 0; i < 4; ++i) labels += std::string(61, 'c') + ".";
  CHECK_FALSE(spec("a@" + labels + "jp").empty());  // 252
  CHECK(spec("abcd@" + labels + "jp").empty());     // 255
  CHECK(spec(std::string(100000, 'a') + "@" + std::string(100000, 'b')).empty());
}

TEST_CASE("only a UTF-8 local part needs SMTPUTF8") {
  CHECK(Address::parse("山田@example.jp")->needs_smtputf8());
  CHECK_FALSE(Address::parse("yamada@例え.jp")->needs_smtputf8());
  CHECK(Address::parse("Info@Example.JP")->same_mailbox(*Address::parse("info@example.jp")));
  CHECK_FALSE(Address::parse("a@example.jp")->same_mailbox(*Address::parse("b@example.jp")));
}
