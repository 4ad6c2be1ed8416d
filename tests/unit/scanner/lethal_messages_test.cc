#include "scanner/front/lethal_messages.h"

#include <string>

using scanner::LethalMessages;

TEST_CASE("a message is set aside the second time it ends a worker") {
  LethalMessages lethal;
  const std::string message = "Subject: x\r\n\r\nbody\r\n";
  CHECK_FALSE(lethal.is_set_aside(message));
  CHECK_FALSE(lethal.add(message));
  CHECK_FALSE(lethal.is_set_aside(message));
  CHECK(lethal.add(message));
  CHECK(lethal.is_set_aside(message));
}

TEST_CASE("it is known again under new header lines, and others are not taken for it") {
  LethalMessages lethal;
  lethal.add("Received: 1\r\n\r\nbody\r\n");
  CHECK(lethal.add("Received: 2\r\nX: y\r\n\r\nbody\r\n"));
  CHECK(lethal.is_set_aside("\r\n\r\nbody\r\n"));
  CHECK_FALSE(lethal.is_set_aside("X: y\r\n\r\nbodY\r\n"));
  CHECK_FALSE(lethal.is_set_aside("X: y\r\n\r\n"));
}

TEST_CASE("the oldest are forgotten, not those that go on") {
  LethalMessages lethal;
  lethal.add("\r\n\r\nfirst");
  lethal.add("\r\n\r\nold");
  for (int i = 0; i < 900; ++i) lethal.add("\r\n\r\n" + std::to_string(i));
  CHECK(lethal.add("\r\n\r\nfirst"));
  for (int i = 900; i < 1500; ++i) lethal.add("\r\n\r\n" + std::to_string(i));
  CHECK(lethal.is_set_aside("\r\n\r\nfirst"));
  CHECK_FALSE(lethal.add("\r\n\r\nold"));
}
