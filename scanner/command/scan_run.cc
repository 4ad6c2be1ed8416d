#include "scanner/command/scan_run.h"

#include "scanner/command/exit_status.h"
#include "scanner/notice_templates.h"

namespace scanner {

namespace {

EngineSetup setup_of(const Settings& settings, const SignatureSets& signatures,
                     const std::filesystem::path& folder, int workers) {
  EngineSetup setup;
  setup.generation = 1;
  setup.sets = signatures;
  setup.temporary_folder = folder;
  setup.workers = workers;
  setup.settings = settings.scanner;
  setup.most_message_bytes = ScanRun::kMostMessageBytes;
  setup.notice = notice_templates(settings.notice);
  return setup;
}

}  // namespace

struct ScanRun::Worker {
  Channel socket;
  std::optional<Message> message;
};

ScanRun::ScanRun(const Settings& settings, int workers)
    : folder_("scanrelay"), signatures_(find_signature_sets(settings.scanner.databases)) {
  engine_.emplace(setup_of(settings, signatures_, folder_.path(), workers));
  await_ready();
}

ScanRun::~ScanRun() { engine_.reset(); }

void ScanRun::await_ready() {
  while (version_.empty()) {
    std::vector<pollfd> engine = {{engine_->channel().fd(), POLLIN, 0}};
    signals_.wait(engine);
    if (engine[0].revents != 0) hear_engine();
  }
}

void ScanRun::hear_engine() {
  Arrival<FromEngine> arrival = receive<FromEngine>(engine_->channel());
  if (arrival.what == Channel::Received::end) throw std::runtime_error("the engine ended");
  if (arrival.what == Channel::Received::nothing) return;
  if (auto* ready = std::get_if<EngineReady>(&*arrival.message)) {
    version_ = ready->version;
  } else if (auto* failed = std::get_if<EngineFailed>(&*arrival.message)) {
    if (failed->settings) throw UsageError(failed->text);
    throw std::runtime_error(failed->text);
  } else if (auto* started = std::get_if<WorkerStarted>(&*arrival.message)) {
    workers_[started->id].socket = Channel(std::move(started->socket));
  } else if (auto* ended = std::get_if<WorkerEnded>(&*arrival.message)) {
    ends_[ended->id] = ended->end;
  }
}

void ScanRun::give(Worker& worker, Message message) {
  ScanJob job;
  job.id = message.key;
  job.want_parts = true;
  job.message.reset(::dup(message.memfd.get()));
  worker.message = std::move(message);
  // If the worker is gone, its socket says so when it is read.
  send<ToWorker>(worker.socket, ToWorker(std::move(job)));
}

void ScanRun::finish(Worker& worker, const std::string& reason, const Done& done) {
  ScanResult result;
  result.reason = reason;
  done(std::move(*worker.message), std::move(result));
  worker.message.reset();
}

void ScanRun::hear_worker(WorkerId id, const Done& done) {
  Worker& worker = workers_[id];
  bool ended = false;
  std::string reason;
  try {
    Arrival<FromWorker> arrival = receive<FromWorker>(worker.socket);
    if (arrival.what == Channel::Received::packet && worker.message) {
      auto& result = std::get<ScanResult>(*arrival.message);
      ended = result.last;
      done(std::move(*worker.message), std::move(result));
      worker.message.reset();
    } else {
      ended = arrival.what != Channel::Received::nothing;
    }
  } catch (const ChannelError& error) {
    ended = true;
    reason = error.what();
  }
  if (!ended) return;
  worker.socket.close();
  if (worker.message) {
    while (reason.empty() && !ends_.contains(id)) hear_engine();
    if (reason.empty()) reason = "worker: " + std::string(name(ends_[id]));
    finish(worker, reason, done);
  }
  workers_.erase(id);
}

void ScanRun::run(const Next& next, const Done& done) {
  bool more = true;
  std::size_t busy = 0;
  const Done count_and_done = [&](Message message, ScanResult result) {
    --busy;
    done(std::move(message), std::move(result));
  };
  while (true) {
    for (auto& [id, worker] : workers_) {
      if (!more || worker.message) continue;
      std::optional<Message> message = next();
      more = message.has_value();
      if (!more) break;
      give(worker, std::move(*message));
      ++busy;
    }
    if (!more && busy == 0) return;
    std::vector<pollfd> waiting = {{engine_->channel().fd(), POLLIN, 0}};
    std::vector<WorkerId> ids;
    for (const auto& [id, worker] : workers_) {
      waiting.push_back({worker.socket.fd(), POLLIN, 0});
      ids.push_back(id);
    }
    signals_.wait(waiting);
    if (waiting[0].revents != 0) hear_engine();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (waiting[i + 1].revents != 0) hear_worker(ids[i], count_and_done);
    }
  }
}

}  // namespace scanner
