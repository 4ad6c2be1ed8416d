#pragma once

#include <chrono>
#include <string>

namespace formmail {

/// Whether the machine knows a time zone of that name ("Asia/Tokyo").
bool is_time_zone(const std::string& name);

/// The process's time zone from here on; "" leaves the machine's. Before there are threads.
void set_time_zone(const std::string& name);

/// "2026-11-21 19:00:00 +0900", for people.
std::string local_time(std::chrono::system_clock::time_point time);

}  // namespace formmail
