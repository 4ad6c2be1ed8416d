#include "scanner/front/address_list.h"

#include <stdexcept>

using scanner::AddressList;

TEST_CASE("an address is in its networks and in no other") {
  const AddressList list({"127.0.0.0/8", "::1", "192.0.2.128/25", "2001:db8::/33", "10.1.2.3"});
  for (const char* const in : {"127.0.0.1", "127.255.255.255", "::1", "192.0.2.128", "192.0.2.255",
                               "2001:db8:7fff::1", "10.1.2.3", "::ffff:127.0.0.1"}) {
    INFO(in);
    CHECK(list.contains(in));
  }
  for (const char* const out : {"128.0.0.1", "::2", "192.0.2.127", "2001:db8:8000::1", "10.1.2.4",
                                "::127.0.0.1", "", "localhost", "127.1", "127.0.0.1 "}) {
    INFO(out);
    CHECK_FALSE(list.contains(out));
  }
  CHECK(AddressList({"0.0.0.0/0"}).contains("198.51.100.1"));
  CHECK_FALSE(AddressList({"0.0.0.0/0"}).contains("2001:db8::1"));
  CHECK(AddressList({"::/0"}).contains("2001:db8::1"));
  CHECK_FALSE(AddressList({}).contains("127.0.0.1"));
}

TEST_CASE("what is no network is named") {
  for (const char* const bad :
       {"", "127.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "mx.example", "/8"}) {
    INFO(bad);
    CHECK_THROWS_WITH(AddressList({bad}), Catch::Contains("is no network"));
  }
}
