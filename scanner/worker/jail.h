#pragma once

#include <cstdint>
#include <filesystem>

namespace scanner {

/// What a worker may still use.
struct JailSettings {
  std::filesystem::path temporary_folder;  ///< the only files that it can open
  std::uint64_t memory_bytes = 0;          ///< address space beyond what it has now
  std::uint64_t file_bytes = 0;            ///< largest file
  std::uint64_t cpu_seconds = 0;           ///< in its whole life
};

/// Which parts of the jail this kernel has; the rest is missing, and the log says so once.
struct JailReport {
  bool landlock = false;
};

/// Locks the calling process in: no new privileges, no capabilities, limits, no file outside its folder, and
/// of all system calls only those that scanning needs; any other kills it. Not to be undone. Throws
/// std::system_error if a part that every kernel has can't be set up.
JailReport enter_jail(const JailSettings& settings);

/// Raises the soft limit of CPU time to `seconds` from now; past it the process is ended by SIGXCPU.
void allow_cpu_seconds(std::uint64_t seconds);

}  // namespace scanner
