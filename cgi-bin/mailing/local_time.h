#pragma once

#include <chrono>
#include <string>

namespace formmail {

/// "2026-11-21 19:00:00 +0900", for people.
std::string local_time(std::chrono::system_clock::time_point time);

}  // namespace formmail
