#pragma once

#include <filesystem>
#include <vector>

namespace scanner {

/// Leaves the calling process what an engine needs: to read the signatures and the system's libraries, to
/// write into its own folder, to fork. No network, no program, no other process, no new kernel code. Workers
/// inherit it, and lock themselves in further. Not to be undone. Throws std::system_error.
void enter_engine_jail(const std::vector<std::filesystem::path>& signatures,
                       const std::filesystem::path& temporary_folder);

}  // namespace scanner
