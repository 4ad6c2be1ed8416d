// sscanf is the program's own (scanner/engine/number_reading.cc): it must be glibc's to whoever calls it.
#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>

namespace {

int by_glibc(const char* text, const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  const int read = std::vsscanf(text, format, values);
  va_end(values);
  return read;
}

/// As libraries find it, whatever name the compiler gives to a call from here.
auto by_this_program() {
  using Sscanf = int (*)(const char*, const char*, ...);
  return reinterpret_cast<Sscanf>(::dlsym(RTLD_DEFAULT, "sscanf"));
}

}  // namespace

TEST_CASE("Libraries get the sscanf of this program") {
  Dl_info found{};
  Dl_info own{};
  REQUIRE(::dladdr(reinterpret_cast<void*>(by_this_program()), &found) != 0);
  REQUIRE(::dladdr(reinterpret_cast<void*>(&by_this_program), &own) != 0);
  CHECK(found.dli_fbase == own.dli_fbase);
}

TEST_CASE("A number is read as glibc reads it") {
  const std::vector<std::string> texts = {"",
                                          "0",
                                          "7",
                                          "42",
                                          "007",
                                          "123456789",
                                          "999999999",
                                          "1234567890",
                                          "4294967295",
                                          "4294967296",
                                          "99999999999",
                                          "3=2",
                                          "12&3",
                                          "5)",
                                          " 8",
                                          "\t9",
                                          "-1",
                                          "+6",
                                          "x1",
                                          "1x",
                                          "0x10",
                                          "1 2",
                                          "1,2",
                                          "\xe5\x8d\x81",
                                          "18446744073709551616",
                                          "000000000000000000001",
                                          "0000000001",
                                          "1.5",
                                          "(1",
                                          "%u"};
  for (const std::string& text : texts) {
    for (const char* format : {"%u", "%d", " %u", "%u,%u", "%u%n", "%3u", "%x"}) {
      unsigned expected[2] = {77, 78};
      unsigned got[2] = {77, 78};
      const int result = by_glibc(text.c_str(), format, &expected[0], &expected[1]);
      INFO(text << " as " << format);
      CHECK(by_this_program()(text.c_str(), format, &got[0], &got[1]) == result);
      CHECK(got[0] == expected[0]);
      CHECK(got[1] == expected[1]);
    }
  }
}

TEST_CASE("Text is still read by glibc") {
  char word[8] = "";
  int number = 0;
  CHECK(by_this_program()("12 abc 34", "%*u %7s %d", word, &number) == 2);
  CHECK(std::string(word) == "abc");
  CHECK(number == 34);
}
