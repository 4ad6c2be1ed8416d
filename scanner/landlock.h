#pragma once

#include <cstdint>
#include <filesystem>

#include "mail/file_descriptor.h"

namespace scanner {

/// A Landlock ruleset: what this process may do with files from enforce() on; everything not allowed is
/// forbidden. Newer kernels also keep it from TCP ports (6.7) and from signals and abstract sockets of
/// processes outside (6.12). On a kernel without Landlock all calls do nothing.
class Landlock {
 public:
  Landlock();

  bool available() const { return static_cast<bool>(ruleset_); }
  /// Read and list, for the folder (or file) and all below. A path that does not exist is left out.
  void allow_reading(const std::filesystem::path& path);
  /// Also make, change, rename and remove regular files and folders; never to execute one.
  void allow_writing(const std::filesystem::path& path);
  /// Connect to this port by TCP; none can be bound to.
  void allow_connecting(std::uint16_t port);
  /// Throws std::system_error. no_new_privs must be set.
  void enforce();

 private:
  void allow(const std::filesystem::path& path, std::uint64_t access);

  mail::FileDescriptor ruleset_;
  std::uint64_t handled_ = 0;
  bool handles_tcp_ = false;
};

}  // namespace scanner
