#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace formmail {

/// 1, 2, 3... for each profile, in a small file each: DIRECTORY/SITE/PROFILE. Safe from several threads and
/// processes. Not synced: a power failure may give the last numbers of some seconds a second time.
class SerialNumbers {
 public:
  explicit SerialNumbers(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Throws std::system_error.
  std::int64_t next(const std::string& site, const std::string& profile) const;

  /// Makes `number` the next one again, if it is the last one given. Throws std::system_error.
  void give_back(const std::string& site, const std::string& profile, std::int64_t number) const;

 private:
  std::filesystem::path file_of(const std::string& site, const std::string& profile) const;
  std::filesystem::path directory_;
};

}  // namespace formmail
