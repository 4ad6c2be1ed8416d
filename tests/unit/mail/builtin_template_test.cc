#include "mail/builtin_template.h"

#include <fstream>
#include <iterator>

TEST_CASE("the built-in copy of a template is the file, byte for byte") {
  std::ifstream file("templates/notice/clean.txt", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(text.empty());
  CHECK(mail::builtin_template("notice/clean.txt") == text);
  CHECK_FALSE(mail::builtin_template("notice/none.txt").has_value());
}
