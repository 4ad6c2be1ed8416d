#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <string>

namespace formmail {

/// Lines on their way into a database, added by requests that shall not wait for one. Several processes and
/// threads may use it.
///
///     FILE          what was added
///     FILE.taken    what is being taken over
class Journal {
 public:
  explicit Journal(std::filesystem::path file) : file_(std::move(file)) {}

  /// Adds a line, whole or not at all. A process that dies loses nothing; it is not synced, so that a power
  /// failure can take what the system had not written yet. Throws std::system_error.
  void append(std::string line) const;

  bool is_empty() const;
  /// Bytes that wait to be taken over.
  std::uintmax_t size() const;

  /// Hands over all lines, oldest first, and forgets them when `take` returns. If it throws, or the process
  /// ends, they come again. A line may be torn, by a full disk. Throws std::system_error.
  using Take = std::function<void(std::istream& lines)>;
  void take_over(const Take& take) const;

 private:
  void finish(const Take& take) const;
  std::filesystem::path taken() const;
  std::filesystem::path file_;
};

}  // namespace formmail
