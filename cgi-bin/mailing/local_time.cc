#include "cgi-bin/mailing/local_time.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace formmail {

bool is_time_zone(const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
  std::error_code error;
  return plain && std::filesystem::is_regular_file("/usr/share/zoneinfo/" + name, error);
}

void set_time_zone(const std::string& name) {
  if (name.empty()) return;
  ::setenv("TZ", name.c_str(), 1);
  ::tzset();
}

std::string local_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z", &local);
  return text.data();
}

}  // namespace formmail
