#include "scanner/supervisor/pulse.h"

namespace {

using namespace std::chrono_literals;
using scanner::Pulse;

const Pulse::Clock::time_point kStart{1h};

/// Rounds of a second each; how often the process was asked.
int rounds(Pulse& pulse, Pulse::Clock::time_point& now, int count, bool answers) {
  int asked = 0;
  for (int i = 0; i < count; ++i) {
    now += 1s;
    if (!pulse.due(now)) continue;
    ++asked;
    if (answers) pulse.answered();
  }
  return asked;
}

}  // namespace

TEST_CASE("a process that answers is asked every few seconds and never lost") {
  Pulse pulse;
  auto now = kStart;
  const int asked = rounds(pulse, now, 600, true);
  CHECK(asked >= 100);
  CHECK(asked <= 200);
  CHECK_FALSE(pulse.lost());
}

TEST_CASE("a process that does not answer for a minute is lost, and an answer saves it") {
  Pulse pulse;
  auto now = kStart;
  CHECK(rounds(pulse, now, 55, false) == 1);
  CHECK_FALSE(pulse.lost());
  pulse.answered();
  rounds(pulse, now, 55, false);
  CHECK_FALSE(pulse.lost());
  rounds(pulse, now, 20, false);
  CHECK(pulse.lost());
}

TEST_CASE("a supervisor that stood still itself blames nobody") {
  Pulse pulse;
  auto now = kStart;
  pulse.due(now);
  now += 1h;
  pulse.due(now);
  CHECK_FALSE(pulse.lost());
}
