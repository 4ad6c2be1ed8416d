#include "cgi-bin/monitor/health.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace formmail {

std::string trouble_with(const std::filesystem::path& outbox) {
  constexpr std::uintmax_t kLeast = std::uintmax_t{64} << 20;
  if (::access(outbox.c_str(), W_OK | X_OK) != 0) {
    return "the outbox directory can't be written: " + std::string(std::strerror(errno));
  }
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(outbox, error);
  if (error) return "the outbox directory can't be asked for its space: " + error.message();
  return space.available < kLeast ? "the outbox directory is nearly full" : "";
}

}  // namespace formmail
