#include "mail/ownership.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "mail/file_descriptor.h"

namespace mail {

void give_to_owner_of(const std::filesystem::path& folder, int fd) {
  if (::geteuid() != 0) return;
  struct stat status {};
  const bool known = ::stat(folder.c_str(), &status) == 0;
  if (known && status.st_uid == 0) return;
  if (!known || ::fchown(fd, status.st_uid, status.st_gid) != 0) {
    throw std::system_error(errno, std::generic_category(), "giving away a file in " + folder.string());
  }
}

bool make_private_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    if (errno == EEXIST) return false;
    throw std::system_error(errno, std::generic_category(), "mkdir " + folder.string());
  }
  const FileDescriptor made(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!made) throw std::system_error(errno, std::generic_category(), "open " + folder.string());
  give_to_owner_of(folder.parent_path(), made.get());
  return true;
}

}  // namespace mail
