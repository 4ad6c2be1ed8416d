#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "scanner/front/observer.h"
#include "scanner/quarantine/quarantine.h"

namespace scanner {

/// The numbers of one front, for Prometheus. What sessions do is counted as it happens; the workers and the
/// quarantine are asked when somebody reads.
class FrontMetrics : public FrontObserver {
 public:
  /// `workers` and `quarantine` (may be null: none is kept) must outlive it. `restarts`: how many fronts have
  /// ended before this one.
  FrontMetrics(const WorkerPool& workers, const Quarantine* quarantine, std::uint64_t restarts = 0);

  void connection_opened() override;
  void connection_closed() override;
  void connection_refused() override;
  asio::awaitable<void> scanned(const ReceivedMessage& message, const Envelope& envelope,
                                const ScanAnswer& answer) override;
  void message_done(const MessageReport& report) override;
  void next_hop_failed(std::string_view reason) override;

  /// All of it in Prometheus's text format 0.0.4.
  std::string exposition() const;

 private:
  prometheus::Counter& counter(const char* name, const char* help);

  const WorkerPool& workers_;
  const Quarantine* const quarantine_;
  prometheus::Registry registry_;
  std::array<prometheus::Counter*, kVerdicts> messages_{};
  prometheus::Counter& refused_;
  std::array<prometheus::Counter*, 4> replies_{};  ///< 2xx to 5xx
  prometheus::Counter& bytes_;
  prometheus::Histogram& scan_seconds_;
  prometheus::Histogram& message_seconds_;
  prometheus::Gauge& connections_;
  prometheus::Counter& connections_opened_;
  prometheus::Counter& connections_refused_;
  prometheus::Counter& next_hop_failures_;
};

}  // namespace scanner
