#pragma once

#include <filesystem>

#include "mail/file_descriptor.h"

namespace formmail {

/// Opens a file for reading and writing, made if need be: mode 0600, and the folder's owner's also where root
/// runs the command. Appends, where `flags` say so (O_APPEND). Throws std::system_error.
mail::FileDescriptor open_own_file(const std::filesystem::path& file, int flags = 0);

/// The same, for this process and thread alone until it is closed.
mail::FileDescriptor open_locked(const std::filesystem::path& file, int flags = 0);

/// Whether the open file is still the one at `path`, and not one that was renamed or replaced.
bool is_at(int fd, const std::filesystem::path& path);

/// Waits until nobody else holds the lock. Throws std::system_error.
void lock(int fd, const std::filesystem::path& file);

}  // namespace formmail
