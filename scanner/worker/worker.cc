#include "scanner/worker/worker.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <new>

#include "mail/log.h"
#include "scanner/channel/messages.h"
#include "scanner/worker/jail.h"

namespace scanner {

namespace {

// After half of its CPU time a worker ends, between two messages; a fresh one takes its place.
constexpr std::uint64_t kLifetimeCpuSeconds = 7200;
// libclamav writes no temporary file beyond its own limit of 100 MB a file; a changed message is smaller.
constexpr std::uint64_t kFileBytes = std::uint64_t{256} << 20;

std::uint64_t cpu_seconds_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
}

ScanResult error_result(const std::string& reason) {
  ScanResult result;
  result.verdict = Verdict::error;
  result.reason = reason;
  return result;
}

ScanResult result_of(Treatment treatment, bool want_parts) {
  ScanResult result;
  result.verdict = treatment.verdict;
  result.findings = std::move(treatment.findings);
  if (want_parts) result.parts = std::move(treatment.parts);
  result.unscannable = std::move(treatment.unscannable);
  result.reason = std::move(treatment.reason);
  result.top = std::move(treatment.top);
  result.cut = std::move(treatment.cut);
  if (treatment.changed) result.changed = sealed_memfd("changed", *treatment.changed);
  return result;
}

ScanResult scan(const ScanJob& job, VirusScanner& scanner, const WorkerSettings& settings) {
  try {
    const SealedMapping message(job.message.get(), settings.most_message_bytes);
    return result_of(treat(message.bytes(), scanner, settings.treatment), job.want_parts);
  } catch (const ScanError& error) {
    return error_result(error.what());
  } catch (const std::bad_alloc&) {
    return error_result("out of memory");
  }
}

/// Past its time the message ends the worker: no code of a library that is stuck can hold that off.
class Deadline {
 public:
  explicit Deadline(int seconds) {
    allow_cpu_seconds(static_cast<std::uint64_t>(seconds));
    ::alarm(static_cast<unsigned>(seconds));
  }
  ~Deadline() { ::alarm(0); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
};

/// What a worker has freed it keeps, for the next small message. Behind a large one that is tens of megabytes
/// in each worker, and giving them back costs nothing beside such a scan.
void give_back_memory_of(const ScanJob& job) {
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;
  if (sealed_size(job.message.get()).value_or(0) >= kLarge) ::malloc_trim(kLarge);
}

}  // namespace

int run_worker(const Channel& client, VirusScanner& scanner, const WorkerSettings& settings) {
  enter_jail({settings.temporary_folder, settings.memory_bytes, kFileBytes, kLifetimeCpuSeconds});
  while (true) {
    Arrival<ToWorker> arrival = receive<ToWorker>(client);
    if (arrival.what == Channel::Received::end) return 0;
    if (arrival.what == Channel::Received::nothing) continue;
    const auto& job = std::get<ScanJob>(*arrival.message);
    const auto start = std::chrono::steady_clock::now();
    ScanResult result;
    {
      const Deadline deadline(settings.timeout_seconds);
      result = scan(job, scanner, settings);
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.last = cpu_seconds_used() > kLifetimeCpuSeconds / 2;
    const bool last = result.last;
    if (!send<FromWorker>(client, FromWorker(std::move(result))) || last) return 0;
    give_back_memory_of(job);
  }
}

}  // namespace scanner
