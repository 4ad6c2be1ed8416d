#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cgi-bin/settings.h"
#include "mail/file_descriptor.h"

namespace formmail {

/// Files that were uploaded with a form and wait for its confirmation: one file each in one folder, named by
/// a key that nobody can guess. What waits longer than a confirmation page is good for is swept.
class WaitingUploads {
 public:
  /// In outbox_directory/uploads, which is made when first needed.
  explicit WaitingUploads(const Settings& settings);

  /// Keeps `bytes`; the key, or nothing where the limits or the disk have no room for it: then `why` tells.
  std::optional<std::string> keep(std::string_view bytes, std::string_view client, std::string& why);
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
  mail::FileDescriptor reserve(const std::filesystem::path& file, std::string_view prefix, std::int64_t size,
                               std::string& why) const;
  Usage sweep_and_count(std::string_view client_prefix) const;

  std::filesystem::path folder_;
  std::int64_t most_bytes_;
  std::int64_t most_bytes_per_client_;
  std::chrono::seconds oldest_;
};

}  // namespace formmail
