#include "scanner/verdict.h"

TEST_CASE("verdicts are named as X-Virus-Status and the metric label show them") {
  CHECK(name(scanner::Verdict::clean) == "clean");
  CHECK(name(scanner::Verdict::unscannable) == "unscannable");
  CHECK(name(scanner::Verdict::error) == "error");
}
