#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace formmail {

/// Files that were uploaded with a form and wait for its confirmation: one file each in one folder, named by
/// a key that nobody can guess. What waits longer than a confirmation page is good for is swept.
class WaitingUploads {
 public:
  struct Limits {
    std::int64_t bytes = 0;             ///< of all
    std::int64_t bytes_per_client = 0;  ///< of one client's
    std::chrono::seconds age{0};        ///< older ones are swept
  };

  /// `folder` is made when first needed.
  WaitingUploads(std::filesystem::path folder, Limits limits);

  /// Keeps `bytes`; the key, or nothing where the limits or the disk have no room for it.
  std::optional<std::string> keep(std::string_view bytes, std::string_view client);
  /// Nothing where it has been swept, taken away or was never kept.
  std::optional<std::string> read(std::string_view key) const;
  /// Lets it wait anew. False where it is gone.
  bool renew(std::string_view key) const;
  void remove(std::string_view key) const;
  /// Removes what is too old.
  void sweep() const;

 private:
  struct Usage {
    std::int64_t bytes = 0;
    std::int64_t bytes_of_client = 0;
  };
  std::filesystem::path file_of(std::string_view key) const;
  Usage sweep_and_count(std::string_view client_prefix) const;

  std::filesystem::path folder_;
  Limits limits_;
};

}  // namespace formmail
