#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace scanner {

/// Transactions that an LMTP server took for some recipients only. The client, which hears one reply, was
/// told to come again; then each recipient is taken alone and has a reply of its own: who has got this very
/// message, the one that the server gave then. So none loses it or gets it twice, and the sender learns of
/// those who are refused.
///
/// Sender and recipient are known by their whole commands and the message by its bytes, as a client that
/// comes again repeats them. What a front remembers ends with it: then a recipient may get a message twice.
class SplitDeliveries {
 public:
  /// `reply`: the server's, if it took the message of that digest for this recipient; else both are "".
  void add(const std::string& mail, const std::string& recipient, std::string digest, std::string reply);
  bool has(const std::string& mail, const std::string& recipient) const;
  /// Whether some message was taken for this recipient, so that the digest of the one at hand is of interest.
  bool has_taken(const std::string& mail, const std::string& recipient) const;
  /// The reply when this message was taken for this recipient; "" if it was not.
  std::string reply_to(const std::string& mail, const std::string& recipient,
                       const std::string& digest) const;
  /// The recipient, who had not got the message, has had a final reply; or is told `reply_to()` now.
  void settle(const std::string& mail, const std::string& recipient);

 private:
  struct Delivery {
    std::string key;
    std::string digest;
    std::string reply;
  };
  std::deque<Delivery>::const_iterator find(const std::string& mail, const std::string& recipient) const;

  // The oldest are forgotten; their recipients are then taken together once more.
  static constexpr std::size_t kRemembered = 1000;
  std::deque<Delivery> known_;
};

}  // namespace scanner
