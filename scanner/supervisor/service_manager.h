#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace scanner {

/// sd_notify(3): tells systemd, or whoever set NOTIFY_SOCKET, how the service is. Without one it does
/// nothing.
class ServiceManager {
 public:
  ServiceManager();

  /// "READY=1", "STOPPING=1", "WATCHDOG=1" ...
  void notify(std::string_view state) const;
  void reloading() const;

  /// How often it wants to hear "WATCHDOG=1"; nothing if it does not.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

 private:
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace scanner
