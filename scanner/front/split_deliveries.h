#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace scanner {

/// Transactions that an LMTP server took for some recipients only. The client, which hears one reply, was
/// told to come again; then each recipient is taken alone and has a reply of its own. So a recipient who was
/// served gets the mail twice at most, and the sender learns of those who are refused.
///
/// Sender and recipient are known by their whole commands, as a client that comes again repeats them.
class SplitDeliveries {
 public:
  void add(const std::string& mail, const std::string& recipient);
  bool has(const std::string& mail, const std::string& recipient) const;
  /// The recipient has had a final reply.
  void settle(const std::string& mail, const std::string& recipient);

 private:
  // The oldest are forgotten; their recipients are then taken together once more.
  static constexpr std::size_t kRemembered = 1000;
  std::deque<std::string> known_;
};

}  // namespace scanner
