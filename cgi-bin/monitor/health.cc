#include "cgi-bin/monitor/health.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace formmail {

namespace {

namespace fs = std::filesystem;

/// "" where `path` is not there: who needs it makes it.
std::string denied(const fs::path& path, int mode) {
  if (::access(path.c_str(), mode) == 0 || errno == ENOENT) return "";
  return path.filename().string() + " in the outbox directory: " + std::strerror(errno);
}

/// What an outbox that changed its owner, from formmail's own user to the web server's or back, still holds
/// of the other's.
std::string foreign_content(const fs::path& outbox) {
  for (const char* folder : {"queue", "failed", "uploads", "webhooks"}) {
    if (std::string why = denied(outbox / folder, W_OK | X_OK); !why.empty()) return why;
  }
  return denied(outbox / "secret", R_OK);
}

std::string broken_state(const fs::path& outbox, StateStore& state) {
  std::error_code error;
  if (!fs::exists(outbox / "state.db", error)) return "";
  try {
    state.is_finished("");
    return "";
  } catch (const StateError& broken) {
    return broken.what();
  }
}

}  // namespace

std::string trouble_with(const fs::path& outbox, StateStore& state) {
  constexpr std::uintmax_t kLeast = std::uintmax_t{64} << 20;
  if (::access(outbox.c_str(), W_OK | X_OK) != 0) {
    return "the outbox directory can't be written: " + std::string(std::strerror(errno));
  }
  std::error_code error;
  const fs::space_info space = fs::space(outbox, error);
  if (error) return "the outbox directory can't be asked for its space: " + error.message();
  if (space.available < kLeast) return "the outbox directory is nearly full";
  const std::string foreign = foreign_content(outbox);
  return foreign.empty() ? broken_state(outbox, state) : foreign;
}

}  // namespace formmail
