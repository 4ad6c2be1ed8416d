#include "scanner/front/next_hop/split_deliveries.h"

#include <algorithm>
#include <utility>

namespace scanner {

namespace {

std::string key_of(const std::string& mail, const std::string& recipient) { return mail + '\n' + recipient; }

}  // namespace

std::deque<SplitDeliveries::Delivery>::const_iterator SplitDeliveries::find(
    const std::string& mail, const std::string& recipient) const {
  if (known_.empty()) return known_.end();
  return std::find_if(known_.begin(), known_.end(),
                      [key = key_of(mail, recipient)](const Delivery& each) { return each.key == key; });
}

void SplitDeliveries::add(const std::string& mail, const std::string& recipient, std::string digest,
                          std::string reply) {
  settle(mail, recipient);
  known_.push_back({key_of(mail, recipient), std::move(digest), std::move(reply)});
  if (known_.size() > kRemembered) known_.pop_front();
}

bool SplitDeliveries::has(const std::string& mail, const std::string& recipient) const {
  return find(mail, recipient) != known_.end();
}

bool SplitDeliveries::has_taken(const std::string& mail, const std::string& recipient) const {
  const auto found = find(mail, recipient);
  return found != known_.end() && !found->reply.empty();
}

std::string SplitDeliveries::reply_to(const std::string& mail, const std::string& recipient,
                                      const std::string& digest) const {
  const auto found = find(mail, recipient);
  return found != known_.end() && found->digest == digest ? found->reply : "";
}

void SplitDeliveries::settle(const std::string& mail, const std::string& recipient) {
  const auto found = find(mail, recipient);
  if (found != known_.end()) known_.erase(found);
}

}  // namespace scanner
