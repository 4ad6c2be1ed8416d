#pragma once

#include <filesystem>
#include <string>

namespace formmail {

/// What keeps formmail from keeping a mail: that its outbox directory can't be written or is nearly full. ""
/// nothing. A relay that is down is no trouble: the outbox is there for it.
std::string trouble_with(const std::filesystem::path& outbox);

}  // namespace formmail
