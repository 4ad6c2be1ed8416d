#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace formmail {

/// Prometheus' text on what lies in the outbox directory at this moment, whichever process left it there, and
/// on the health of it all. `trouble`: as trouble_with() tells.
std::string disk_figures(const std::filesystem::path& outbox, std::string_view trouble);

}  // namespace formmail
