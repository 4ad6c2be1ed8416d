#pragma once

#include <asio/thread_pool.hpp>
#include <filesystem>

#include "scanner/front/next_hop/next_hop.h"

namespace scanner {

/// The embedded next hop: a Maildir. A message is on disk (file and folder) before its 250. Files have LF
/// line ends and hold the message alone: what came clean is byte-identical, so the envelope stands in the
/// log, not in the mail.
class MaildirNextHop : public NextHop {
 public:
  /// Makes the folders that are missing. Throws std::system_error.
  MaildirNextHop(std::filesystem::path folder, std::string hostname);
  ~MaildirNextHop() override;

  asio::awaitable<mail::SmtpCapabilities> capabilities() override;
  std::unique_ptr<NextHopTransaction> begin() override;

 private:
  class Transaction;
  std::filesystem::path folder_;
  std::string hostname_;
  asio::thread_pool writers_;  ///< fsync takes as long as the disk likes; sessions must not wait for it
};

}  // namespace scanner
