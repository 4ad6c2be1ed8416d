#include "scanner/front/split_deliveries.h"

#include <algorithm>

namespace scanner {

namespace {

std::string key(const std::string& mail, const std::string& recipient) { return mail + '\n' + recipient; }

}  // namespace

void SplitDeliveries::add(const std::string& mail, const std::string& recipient) {
  if (has(mail, recipient)) return;
  known_.push_back(key(mail, recipient));
  if (known_.size() > kRemembered) known_.pop_front();
}

bool SplitDeliveries::has(const std::string& mail, const std::string& recipient) const {
  return !known_.empty() && std::find(known_.begin(), known_.end(), key(mail, recipient)) != known_.end();
}

void SplitDeliveries::settle(const std::string& mail, const std::string& recipient) {
  std::erase(known_, key(mail, recipient));
}

}  // namespace scanner
