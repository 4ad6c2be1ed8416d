#pragma once

#include <initializer_list>

namespace scanner {

/// No program that this process or its children run can gain rights any more. Throws std::system_error.
void forbid_new_privileges();

/// Of root's capabilities (CAP_KILL ...) keeps only these, as far as it has them. Throws std::system_error.
void keep_capabilities(std::initializer_list<int> kept);

}  // namespace scanner
