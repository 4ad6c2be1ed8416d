#include "scanner/front/process_worker_pool.h"

#include <fcntl.h>

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "scanner/edited_message.h"

namespace scanner {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Postfix gives up a proxy filter after 100 s of silence.
constexpr seconds kLongestWait{90};
// A worker ends itself at its time-out; this much later it is ended from outside.
constexpr seconds kGrace{5};
constexpr seconds kCauseWait{3};
// Engines that may end under one message before it is given back to its sender.
constexpr int kAttempts = 3;

ScanAnswer error_answer(const std::string& reason) {
  ScanAnswer answer;
  answer.verdict = Verdict::error;
  answer.reason = reason;
  return answer;
}

}  // namespace

struct ProcessWorkerPool::Worker {
  Worker(asio::io_context& io, WorkerStarted started)
      : generation(started.generation),
        id(started.id),
        channel(std::move(started.socket)),
        readable(io),
        timer(io) {
    channel.set_non_blocking();
    readable.assign(channel.fd());
  }
  ~Worker() {
    if (readable.is_open()) readable.release();  // the channel closes it
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Generation generation;
  WorkerId id;
  Channel channel;
  asio::posix::stream_descriptor readable;
  asio::steady_timer timer;
  std::optional<WorkerEnd> end;
  bool busy = false;
  bool last = false;  // it ends by itself now
};

struct ProcessWorkerPool::Waiter {
  explicit Waiter(asio::io_context& io) : timer(io, kLongestWait) {}
  asio::steady_timer timer;
  WorkerPtr worker;
};

ProcessWorkerPool::ProcessWorkerPool(asio::io_context& io, seconds timeout, Kill kill, mail::Log log)
    : io_(io), timeout_(timeout), kill_(std::move(kill)), log_(std::move(log)) {}

ProcessWorkerPool::~ProcessWorkerPool() = default;

PoolStatistics ProcessWorkerPool::statistics() const {
  PoolStatistics now = counts_;
  now.waiting = waiting_.size();
  now.workers = workers_.size();
  now.busy = static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& entry) { return entry.second->busy; }));
  if (const auto engine = engines_.find(serving_); engine != engines_.end()) {
    now.engine_version = engine->second.version;
    now.signatures = engine->second.signatures;
    now.signatures_built = engine->second.built;
  }
  return now;
}

void ProcessWorkerPool::engine_ready(const EngineReady& engine) { engines_[engine.generation] = engine; }

void ProcessWorkerPool::worker_started(WorkerStarted started) {
  const auto worker = std::make_shared<Worker>(io_, std::move(started));
  workers_[{worker->generation, worker->id}] = worker;
  take_over();
  release(worker);
}

void ProcessWorkerPool::take_over() {
  const Generation newest = workers_.rbegin()->first.first;
  if (newest <= serving_) return;
  const auto engine = engines_.find(newest);
  const auto there = std::count_if(workers_.begin(), workers_.end(),
                                   [&](const auto& entry) { return entry.first.first == newest; });
  if (engine == engines_.end() || there < engine->second.workers) return;
  serving_ = newest;
  ++counts_.engines;
  log_.info("engine serves", {{"generation", newest},
                              {"engine", engine->second.version},
                              {"signatures", engine->second.signatures}});
  const std::deque<WorkerPtr> idle = std::exchange(idle_, {});
  for (const WorkerPtr& worker : idle) release(worker);
}

void ProcessWorkerPool::worker_ended(const WorkerEnded& ended) {
  const auto entry = workers_.find({ended.generation, ended.id});
  if (entry == workers_.end()) return;
  const WorkerPtr worker = entry->second;
  worker->end = ended.end;
  if (worker->busy) {
    worker->timer.cancel_one();
  } else {
    drop(worker);
  }
}

void ProcessWorkerPool::engine_ended(Generation generation) {
  engines_.erase(generation);
  std::vector<WorkerId> ids;
  for (const auto& [key, worker] : workers_) {
    if (key.first == generation && !worker->end) ids.push_back(key.second);
  }
  for (const WorkerId id : ids) worker_ended({generation, id, WorkerEnd::ended});
}

void ProcessWorkerPool::drop(const WorkerPtr& worker) {
  std::erase(idle_, worker);
  workers_.erase({worker->generation, worker->id});
}

void ProcessWorkerPool::release(const WorkerPtr& worker) {
  worker->busy = false;
  if (worker->last || worker->end || worker->generation < serving_) return drop(worker);
  if (waiting_.empty()) {
    idle_.push_back(worker);
    return;
  }
  const std::shared_ptr<Waiter> waiter = waiting_.front();
  waiting_.pop_front();
  worker->busy = true;
  waiter->worker = worker;
  waiter->timer.cancel();
}

asio::awaitable<ProcessWorkerPool::WorkerPtr> ProcessWorkerPool::acquire() {
  if (!idle_.empty()) {
    // The one that worked last: its memory is warm.
    WorkerPtr worker = idle_.back();
    idle_.pop_back();
    worker->busy = true;
    co_return worker;
  }
  const auto waiter = std::make_shared<Waiter>(io_);
  waiting_.push_back(waiter);
  asio::error_code ignored;
  co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  std::erase(waiting_, waiter);
  co_return waiter->worker;
}

asio::awaitable<ScanAnswer> ProcessWorkerPool::scan(const ReceivedMessage& message) {
  try {
    if (!seal(message.memfd.get())) co_return error_answer("message can't be sealed");
    if (!lethal_.empty()) {
      const SealedMapping bytes(message.memfd.get(), message.size);
      if (lethal_.is_set_aside(bytes.bytes(), std::chrono::steady_clock::now())) {
        ScanAnswer answer = error_answer("the message has ended its scanner twice; it is set aside");
        answer.set_aside = true;
        co_return answer;
      }
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const WorkerPtr worker = co_await acquire();
      if (!worker) co_return error_answer("no scanner is free");
      ScanAnswer answer;
      switch (co_await ask(worker, message, answer)) {
        case Ask::answered:
          release(worker);
          co_return answer;
        case Ask::died:
          drop(worker);
          co_return answer;
        case Ask::ended:
          drop(worker);
          break;
      }
    }
    co_return error_answer("scanners end before they answer");
  } catch (const std::exception& error) {
    log_.error("scan failed", {{"id", message.id}, {"error", error.what()}});
    co_return error_answer("internal error");
  }
}

asio::awaitable<ProcessWorkerPool::Ask> ProcessWorkerPool::ask(const WorkerPtr& worker,
                                                               const ReceivedMessage& message,
                                                               ScanAnswer& answer) {
  ScanJob job;
  job.id = message.id;
  job.message.reset(::fcntl(message.memfd.get(), F_DUPFD_CLOEXEC, 0));
  if (!send<ToWorker>(worker->channel, ToWorker(std::move(job)))) co_return Ask::ended;

  bool overran = false;
  worker->timer.expires_after(timeout_ + kGrace);
  worker->timer.async_wait([worker, &overran](const asio::error_code& error) {
    if (error) return;
    overran = true;
    worker->readable.cancel();
  });
  asio::error_code failure;
  co_await worker->readable.async_wait(asio::posix::descriptor_base::wait_read,
                                       asio::redirect_error(asio::use_awaitable, failure));
  worker->timer.cancel();
  if (overran) {
    kill_(worker->generation, worker->id);
    ++counts_.timeouts;
    answer = died(message, "time-out");
    co_return Ask::died;
  }
  bool garbage = false;
  try {
    if (take_answer(*worker, message, answer)) co_return Ask::answered;
  } catch (const ChannelError& error) {
    log_.warning("worker answered garbage", {{"worker", worker->id}, {"error", error.what()}});
    garbage = true;
  }
  if (garbage) {
    kill_(worker->generation, worker->id);
    ++counts_.crashes;
    answer = died(message, "garbage");
    co_return Ask::died;
  }
  const WorkerEnd end = co_await cause_of_end(worker);
  if (end == WorkerEnd::ended) co_return Ask::ended;
  if (end == WorkerEnd::crash) ++counts_.crashes;
  if (end == WorkerEnd::timeout) ++counts_.timeouts;
  if (end == WorkerEnd::limit) ++counts_.limits;
  answer = died(message, std::string(name(end)));
  co_return Ask::died;
}

bool ProcessWorkerPool::take_answer(Worker& worker, const ReceivedMessage& message, ScanAnswer& answer) {
  Arrival<FromWorker> arrival = receive<FromWorker>(worker.channel);
  if (arrival.what != Channel::Received::packet) return false;
  auto& result = std::get<ScanResult>(*arrival.message);
  EditedMessage edited{std::move(result.top), std::move(result.cut), std::move(result.changed)};
  if (!fits(edited, message.memfd.get())) throw ChannelError("answer does not fit the message");
  worker.last = result.last;
  answer.verdict = result.verdict;
  answer.findings = std::move(result.findings);
  answer.unscannable = std::move(result.unscannable);
  answer.reason = std::move(result.reason);
  answer.seconds = result.seconds;
  answer.top = std::move(edited.top);
  answer.cut = std::move(edited.cut);
  if (edited.changed) answer.changed_size = sealed_size(edited.changed.get()).value_or(0);
  answer.changed = std::move(edited.changed);
  return true;
}

/// The engine tells it, by way of the supervisor; without an engine nobody does.
asio::awaitable<WorkerEnd> ProcessWorkerPool::cause_of_end(const WorkerPtr& worker) {
  if (!worker->end) {
    worker->timer.expires_after(kCauseWait);
    asio::error_code ignored;
    co_await worker->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return worker->end.value_or(WorkerEnd::ended);
}

ScanAnswer ProcessWorkerPool::died(const ReceivedMessage& message, const std::string& reason) {
  const SealedMapping bytes(message.memfd.get(), message.size);
  ScanAnswer answer = error_answer("scanner: " + reason);
  answer.set_aside = lethal_.add(bytes.bytes(), std::chrono::steady_clock::now());
  if (answer.set_aside) ++counts_.set_aside;
  log_.warning("message ended its worker",
               {{"id", message.id}, {"cause", reason}, {"set_aside", answer.set_aside ? "yes" : "no"}});
  return answer;
}

}  // namespace scanner
