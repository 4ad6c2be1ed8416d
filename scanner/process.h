#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "mail/file_descriptor.h"

namespace scanner {

/// Forks. The child is named `name` (comm), ends with its parent, ignores the signals that a terminal or a
/// service manager sends to a whole group (its parent tells it when to end), has /dev/null for standard input
/// and output, and of all other descriptors keeps only standard error and `keep`. Then it runs `body` and
/// exits with what that returns. To be called while the process has one thread. Throws std::system_error.
pid_t fork_process(const char* name, const std::vector<int>& keep, const std::function<int()>& body);

/// Throws UsageError if there is no such user; "" is nobody in particular.
void check_user(const std::string& user);

/// Gives up root for `user` and that user's groups; nothing if `user` is empty. Checks that there is no way
/// back. Throws UsageError for an unknown user or if this process is not root and not that user.
void drop_to_user(const std::string& user);

/// Gives the folder to `user`; nothing if `user` is empty.
void give_to_user(const std::filesystem::path& folder, const std::string& user);

/// A folder of its own under $TMPDIR, else /tmp, which only this user may enter; it goes with the object, in
/// the process that made it. What a process left that was killed goes with the next one's.
class TemporaryFolder {
 public:
  /// Throws UsageError if $TMPDIR is a mistake; std::runtime_error if it can't be written now.
  explicit TemporaryFolder(const std::string& prefix);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  mail::FileDescriptor lock_;
  pid_t owner_;
};

}  // namespace scanner
