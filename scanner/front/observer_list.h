#pragma once

#include <vector>

#include "scanner/front/observer.h"

namespace scanner {

/// Several observers as one, told in the order in which they were added.
class ObserverList : public FrontObserver {
 public:
  /// `observer` must outlive this.
  void add(FrontObserver& observer) { observers_.push_back(&observer); }

  void connection_opened() override {
    for (FrontObserver* const each : observers_) each->connection_opened();
  }
  void connection_closed() override {
    for (FrontObserver* const each : observers_) each->connection_closed();
  }
  void connection_refused() override {
    for (FrontObserver* const each : observers_) each->connection_refused();
  }
  asio::awaitable<void> scanned(const ReceivedMessage& message, const Envelope& envelope,
                                const ScanAnswer& answer) override {
    for (FrontObserver* const each : observers_) co_await each->scanned(message, envelope, answer);
  }
  void message_done(const MessageReport& report) override {
    for (FrontObserver* const each : observers_) each->message_done(report);
  }
  void next_hop_failed(std::string_view reason) override {
    for (FrontObserver* const each : observers_) each->next_hop_failed(reason);
  }

 private:
  std::vector<FrontObserver*> observers_;
};

}  // namespace scanner
