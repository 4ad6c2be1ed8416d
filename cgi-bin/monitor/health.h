#pragma once

#include <filesystem>
#include <string>

#include "cgi-bin/state/state_store.h"

namespace formmail {

/// What keeps formmail from taking or keeping a mail: that its outbox directory, or what it keeps there, is
/// not its own, broken or nearly full. "" nothing. A relay that is down is no trouble: the outbox is there
/// for it.
std::string trouble_with(const std::filesystem::path& outbox, StateStore& state);

}  // namespace formmail
