#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "mail/log.h"
#include "scanner/channel/messages.h"
#include "scanner/front/lethal_messages.h"
#include "scanner/front/worker_pool.h"

namespace scanner {

/// WorkerPool over the workers that engines announce. It holds their sockets; a worker whose socket it closes
/// ends. Workers of the newest engine whose workers are all there take over from those of older ones.
///
/// A worker that ends with its engine says nothing about its message: that is given to another. One that
/// crashes, overruns or answers garbage costs its message a 4xx, and the second time sets it aside.
class ProcessWorkerPool : public WorkerPool {
 public:
  using Kill = std::function<void(Generation, WorkerId)>;

  /// `kill` is to end a worker that does not end by itself.
  ProcessWorkerPool(asio::io_context& io, std::chrono::seconds timeout, Kill kill, mail::Log log);
  ~ProcessWorkerPool() override;

  asio::awaitable<ScanAnswer> scan(const ReceivedMessage& message) override;
  PoolStatistics statistics() const override;

  /// Whether all workers of some engine are there.
  bool serving() const { return serving_ != 0; }

  // What the supervisor tells.
  void engine_ready(const EngineReady& engine);
  void worker_started(WorkerStarted worker);
  void worker_ended(const WorkerEnded& worker);
  void engine_ended(Generation generation);

 private:
  struct Worker;
  struct Waiter;
  using WorkerPtr = std::shared_ptr<Worker>;
  enum class Ask : std::uint8_t { answered, ended, died };

  asio::awaitable<WorkerPtr> acquire();
  asio::awaitable<Ask> ask(const WorkerPtr& worker, const ReceivedMessage& message, ScanAnswer& answer);
  asio::awaitable<WorkerEnd> cause_of_end(const WorkerPtr& worker);
  bool take_answer(Worker& worker, const ReceivedMessage& message, ScanAnswer& answer);
  ScanAnswer died(const ReceivedMessage& message, const std::string& reason);
  void release(const WorkerPtr& worker);
  void drop(const WorkerPtr& worker);
  void take_over();

  asio::io_context& io_;
  std::chrono::seconds timeout_;
  Kill kill_;
  mail::Log log_;
  std::map<std::pair<Generation, WorkerId>, WorkerPtr> workers_;
  std::deque<WorkerPtr> idle_;
  std::deque<std::shared_ptr<Waiter>> waiting_;
  std::map<Generation, EngineReady> engines_;
  Generation serving_ = 0;  // workers of older engines are let go as soon as they are idle
  LethalMessages lethal_;
  PoolStatistics counts_;
};

}  // namespace scanner
