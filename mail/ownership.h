#pragma once

#include <filesystem>

namespace mail {

/// What root makes in a folder of a service's user becomes that user's, or the service could not use it.
/// `fd`: a new file or folder in `folder`. Does nothing for anybody but root. Throws std::system_error.
void give_to_owner_of(const std::filesystem::path& folder, int fd);

/// Makes a folder that only its owner may enter, whose is its parent's. False if there is one already. Throws
/// std::system_error.
bool make_private_folder(const std::filesystem::path& folder);

}  // namespace mail
