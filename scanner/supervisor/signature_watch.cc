#include "scanner/supervisor/signature_watch.h"

#include <utility>

#include "scanner/command/exit_status.h"
#include "scanner/engine/signature_sets.h"

namespace scanner {

namespace {

using Clock = std::chrono::steady_clock;

// Also how long the files must have been left alone: freshclam replaces several, one after another.
constexpr std::chrono::seconds kPeriod{5};

/// Where to look is found out anew: the first files may come to the system's folder when the built-in test
/// set is loaded already. Missing ones are no reason to load others.
std::string files_now(const Settings::Scanner& settings, const std::string& otherwise) {
  try {
    return fingerprint(find_signature_sets(settings.databases));
  } catch (const UsageError&) {
    return otherwise;
  }
}

}  // namespace

std::optional<std::string> SignatureWatch::news(const Settings::Scanner& settings,
                                                const std::string& loaded) {
  if (Clock::now() < next_look_) return std::nullopt;
  next_look_ = Clock::now() + kPeriod;
  std::string now = files_now(settings, loaded);
  const bool settled = now == std::exchange(last_seen_, now);
  if (!settled || now == loaded || now == refused_) return std::nullopt;
  return now;
}

}  // namespace scanner
