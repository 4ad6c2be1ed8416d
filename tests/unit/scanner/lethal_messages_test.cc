#include "scanner/front/lethal_messages.h"

#include <string>

using scanner::LethalMessages;

namespace {
const LethalMessages::Time kNow{std::chrono::hours(5)};
}

TEST_CASE("a message is set aside the second time it ends a worker") {
  LethalMessages lethal;
  const std::string message = "Subject: x\r\n\r\nbody\r\n";
  CHECK_FALSE(lethal.is_set_aside(message, kNow));
  CHECK_FALSE(lethal.add(message, kNow));
  CHECK_FALSE(lethal.is_set_aside(message, kNow));
  CHECK(lethal.add(message, kNow));
  CHECK(lethal.is_set_aside(message, kNow));
}

TEST_CASE("it is known again under new header lines, and others are not taken for it") {
  LethalMessages lethal;
  lethal.add("Received: 1\r\n\r\nbody\r\n", kNow);
  CHECK(lethal.add("Received: 2\r\nX: y\r\n\r\nbody\r\n", kNow));
  CHECK(lethal.is_set_aside("\r\n\r\nbody\r\n", kNow));
  CHECK_FALSE(lethal.is_set_aside("X: y\r\n\r\nbodY\r\n", kNow));
  CHECK_FALSE(lethal.is_set_aside("X: y\r\n\r\n", kNow));
}

TEST_CASE("the oldest are forgotten, not those that go on") {
  LethalMessages lethal;
  lethal.add("\r\n\r\nfirst", kNow);
  lethal.add("\r\n\r\nold", kNow);
  for (int i = 0; i < 900; ++i) lethal.add("\r\n\r\n" + std::to_string(i), kNow);
  CHECK(lethal.add("\r\n\r\nfirst", kNow));
  for (int i = 900; i < 1500; ++i) lethal.add("\r\n\r\n" + std::to_string(i), kNow);
  CHECK(lethal.is_set_aside("\r\n\r\nfirst", kNow));
  CHECK_FALSE(lethal.add("\r\n\r\nold", kNow));
}

TEST_CASE("what was set aside has another try after an hour, and only one") {
  LethalMessages lethal;
  const std::string message = "\r\n\r\nbody";
  lethal.add(message, kNow);
  lethal.add(message, kNow);
  CHECK(lethal.is_set_aside(message, kNow + LethalMessages::kRest - std::chrono::seconds(1)));
  const LethalMessages::Time later = kNow + LethalMessages::kRest;
  CHECK_FALSE(lethal.is_set_aside(message, later));
  CHECK(lethal.add(message, later));
  CHECK(lethal.is_set_aside(message, later));
  CHECK_FALSE(lethal.is_set_aside(message, later + LethalMessages::kRest));
}
