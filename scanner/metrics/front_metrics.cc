#include "scanner/metrics/front_metrics.h"

#include <prometheus/text_serializer.h>

#include <chrono>

#include "mail/version.h"

namespace scanner {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// From a small mail's scan from memory to one that runs into the default time-out.
prometheus::Histogram::BucketBoundaries boundaries() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, boundaries());
}

ClientMetric sample(MetricType type, double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return metric;
}

class Families {
 public:
  void add(MetricType type, const char* name, const char* help, double value,
           std::vector<ClientMetric::Label> labels = {}) {
    if (families_.empty() || families_.back().name != name) families_.push_back({name, help, type, {}});
    families_.back().metric.push_back(sample(type, value, std::move(labels)));
  }
  void counter(const char* name, const char* help, std::uint64_t value,
               std::vector<ClientMetric::Label> labels = {}) {
    add(MetricType::Counter, name, help, static_cast<double>(value), std::move(labels));
  }
  void gauge(const char* name, const char* help, double value, std::vector<ClientMetric::Label> labels = {}) {
    add(MetricType::Gauge, name, help, value, std::move(labels));
  }
  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_workers(Families& families, const PoolStatistics& pool) {
  families.gauge("scanrelay_scans_waiting", "Messages that wait for a free worker.",
                 static_cast<double>(pool.waiting));
  families.gauge("scanrelay_workers", "Worker processes.", static_cast<double>(pool.workers));
  families.gauge("scanrelay_workers_busy", "Worker processes that scan a message.",
                 static_cast<double>(pool.busy));
  constexpr const char* restarts = "scanrelay_worker_restarts_total";
  constexpr const char* restarts_help = "Workers that ended before their time and were started anew.";
  families.counter(restarts, restarts_help, pool.crashes, {{"reason", "crash"}});
  families.counter(restarts, restarts_help, pool.timeouts, {{"reason", "timeout"}});
  families.counter(restarts, restarts_help, pool.limits, {{"reason", "limit"}});
  families.counter("scanrelay_messages_set_aside_total",
                   "Messages deferred for good because they had ended their worker twice.", pool.set_aside);
  families.counter("scanrelay_engine_starts_total", "Engines that took over: the first, reloads, restarts.",
                   pool.engines);
}

void add_signatures(Families& families, const PoolStatistics& pool) {
  families.gauge("scanrelay_signatures", "Signatures in the engine.", static_cast<double>(pool.signatures));
  if (pool.signatures_built != 0) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    families.gauge("scanrelay_signature_age_seconds", "Time since the newest signatures were made.",
                   static_cast<double>(seconds - pool.signatures_built));
  }
  families.gauge("scanrelay_info", "Versions; always 1.", 1,
                 {{"version", std::string(mail::kVersion)}, {"engine", pool.engine_version}});
}

void add_quarantine(Families& families, const Quarantine::Counts& counts) {
  families.counter("scanrelay_quarantine_kept_total", "Originals put into the quarantine.", counts.kept);
  families.counter("scanrelay_quarantine_failures_total",
                   "Originals that should have been kept and could not be.", counts.failed);
  families.gauge("scanrelay_quarantine_messages", "Messages in the quarantine.",
                 static_cast<double>(counts.messages));
  families.gauge("scanrelay_quarantine_bytes", "Bytes of the messages in the quarantine.",
                 static_cast<double>(counts.bytes));
}

}  // namespace

FrontMetrics::FrontMetrics(const WorkerPool& workers, const Quarantine* quarantine, std::uint64_t restarts)
    : workers_(workers),
      quarantine_(quarantine),
      refused_(counter("scanrelay_messages_refused_total",
                       "Messages refused before a scan: too long, bare line breaks, no next hop ...")),
      bytes_(counter("scanrelay_message_bytes_total", "Bytes of the messages received.")),
      scan_seconds_(histogram(registry_, "scanrelay_scan_seconds",
                              "Time that a worker took for a message, without waiting for the worker.")),
      message_seconds_(histogram(registry_, "scanrelay_message_seconds",
                                 "Time from the end of a message's data to the reply, waiting and the next "
                                 "hop included.")),
      connections_(prometheus::BuildGauge()
                       .Name("scanrelay_connections")
                       .Help("Open connections.")
                       .Register(registry_)
                       .Add({})),
      connections_opened_(counter("scanrelay_connections_total", "Connections accepted.")),
      connections_refused_(counter("scanrelay_connections_refused_total",
                                   "Connections turned away: not trusted, or too many.")),
      next_hop_failures_(counter("scanrelay_next_hop_failures_total",
                                 "Times that the next hop could not be reached or failed in a session.")) {
  counter("scanrelay_front_restarts_total", "Fronts that ended before their time and were started anew.")
      .Increment(static_cast<double>(restarts));
  auto& messages = prometheus::BuildCounter()
                       .Name("scanrelay_messages_total")
                       .Help("Messages scanned, by verdict.")
                       .Register(registry_);
  for (int i = 0; i < kVerdicts; ++i) {
    messages_.at(static_cast<std::size_t>(i)) =
        &messages.Add({{"verdict", std::string(name(static_cast<Verdict>(i)))}});
  }
  auto& replies = prometheus::BuildCounter()
                      .Name("scanrelay_replies_total")
                      .Help("Replies at the end of a message's data, by class.")
                      .Register(registry_);
  for (std::size_t i = 0; i < replies_.size(); ++i) {
    replies_.at(i) = &replies.Add({{"class", std::to_string(i + 2) + "xx"}});
  }
}

prometheus::Counter& FrontMetrics::counter(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({});
}

void FrontMetrics::connection_opened() {
  connections_opened_.Increment();
  connections_.Increment();
}

void FrontMetrics::connection_closed() { connections_.Decrement(); }

void FrontMetrics::connection_refused() { connections_refused_.Increment(); }

asio::awaitable<void> FrontMetrics::scanned(const ReceivedMessage&, const Envelope&,
                                            const ScanAnswer& answer) {
  scan_seconds_.Observe(answer.seconds);
  co_return;
}

void FrontMetrics::message_done(const MessageReport& report) {
  bytes_.Increment(static_cast<double>(report.size));
  if (report.scanned) {
    messages_.at(static_cast<std::size_t>(report.verdict))->Increment();
    message_seconds_.Observe(report.scan_seconds + report.deliver_seconds);
  } else {
    refused_.Increment();
  }
  const int reply_class = report.reply_code / 100 - 2;
  if (reply_class >= 0 && reply_class < 4) replies_.at(static_cast<std::size_t>(reply_class))->Increment();
}

void FrontMetrics::next_hop_failed(std::string_view) { next_hop_failures_.Increment(); }

std::string FrontMetrics::exposition() const {
  std::vector<MetricFamily> families = registry_.Collect();
  Families asked;
  const PoolStatistics pool = workers_.statistics();
  add_workers(asked, pool);
  add_signatures(asked, pool);
  if (quarantine_ != nullptr) add_quarantine(asked, quarantine_->counts());
  for (MetricFamily& family : asked.take()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace scanner
