#include "scanner/supervisor/engines.h"

#include <algorithm>

#include "scanner/engine/signature_sets.h"
#include "scanner/notice_templates.h"
#include "scanner/process.h"

namespace scanner {

EngineSetup Engines::setup_for(const Settings& settings) {
  EngineSetup setup;
  setup.generation = ++generation_;
  setup.sets = find_signature_sets(settings.scanner.databases);
  setup.workers = worker_count(settings.scanner);
  setup.settings = settings.scanner;
  setup.most_message_bytes = settings.smtp.max_message_bytes + 1;
  setup.notice = notice_templates(settings.notice);
  setup.user = settings.process.user;
  setup.in_background = !serving().empty();
  setup.temporary_folder = folder_ / ("engine-" + std::to_string(setup.generation));
  return setup;
}

Generation Engines::start(const Settings& settings) {
  Engine engine;
  engine.setup = setup_for(settings);
  const EngineSetup& setup = engine.setup;
  std::filesystem::create_directory(setup.temporary_folder);
  give_to_user(setup.temporary_folder, setup.user);
  engine.files = fingerprint(setup.sets);
  engine.client.emplace(setup);
  engine.client->channel().set_non_blocking();
  restart_.note_start();
  std::string paths;
  for (const auto& path : setup.sets.paths) paths += (paths.empty() ? "" : " ") + path.string();
  log_.info("engine loads", {{"generation", setup.generation},
                             {"signatures", setup.sets.chosen_by},
                             {"paths", paths},
                             {"workers", setup.workers}});
  if (setup.sets.is_test_set)
    log_.warning("no signatures but a test set, which finds no virus: run freshclam");
  engines_.push_back(std::move(engine));
  wanted_ = false;
  return engines_.back().setup.generation;
}

void Engines::note_failure() {
  restart_.note_end();
  wanted_ = true;
}

bool Engines::loading() const {
  return std::any_of(engines_.begin(), engines_.end(), [](const Engine& engine) { return !engine.ready; });
}

std::vector<EngineReady> Engines::serving() const {
  std::vector<EngineReady> found;
  for (const Engine& engine : engines_) {
    if (engine.ready && !engine.retired) found.push_back(*engine.ready);
  }
  return found;
}

void Engines::retire_before(Generation generation) {
  for (Engine& engine : engines_) {
    if (engine.setup.generation >= generation || engine.retired) continue;
    engine.retired = true;
    send<ToEngine>(engine.client->channel(), Retire{});
  }
}

void Engines::end_worker(const KillWorker& worker) const {
  for (const Engine& engine : engines_) {
    if (engine.setup.generation == worker.generation) send<ToEngine>(engine.client->channel(), worker);
  }
}

/// One that loads has no time to answer.
void Engines::check_pulses() {
  for (Engine& engine : engines_) {
    if (!engine.ready) continue;
    if (engine.pulse.due(Pulse::Clock::now())) send<ToEngine>(engine.client->channel(), Ping{});
    if (!engine.pulse.lost()) continue;
    log_.error("engine hangs", {{"generation", engine.setup.generation}});
    engine.pulse = {};
    engine.client->kill();
  }
}

void Engines::add_to_poll(std::vector<pollfd>& waiting) const {
  for (const Engine& engine : engines_) waiting.push_back({engine.client->channel().fd(), POLLIN, 0});
}

void Engines::hear(const Listener& listener) {
  for (Engine& engine : engines_) hear(engine, listener);
}

void Engines::hear(Engine& engine, const Listener& listener) const {
  try {
    while (true) {
      Arrival<FromEngine> arrival = receive<FromEngine>(engine.client->channel());
      if (arrival.what == Channel::Received::end) engine.client->kill();
      if (arrival.what != Channel::Received::packet) return;
      engine.pulse.answered();
      if (const auto* ready = std::get_if<EngineReady>(&*arrival.message)) engine.ready = *ready;
      listener(*arrival.message);
    }
  } catch (const ChannelError& error) {
    log_.error("engine sent garbage", {{"error", error.what()}});
    engine.client->kill();
  }
}

std::optional<Engines::Ended> Engines::note_end(pid_t pid, int status, const Listener& listener) {
  const auto engine = std::find_if(engines_.begin(), engines_.end(),
                                   [&](const Engine& one) { return one.client->pid() == pid; });
  if (engine == engines_.end()) return std::nullopt;
  hear(*engine, listener);
  engine->client->note_reaped();
  Ended ended{std::move(engine->setup), std::move(engine->files), engine->ready.has_value(), engine->retired};
  engines_.erase(engine);
  if (ended.was_ready && !ended.retired) {
    log_.error("engine ended", {{"generation", ended.setup.generation}, {"status", status}});
  }
  std::error_code ignored;
  std::filesystem::remove_all(ended.setup.temporary_folder, ignored);
  if (!ended.retired) restart_.note_end();
  wanted_ =
      wanted_ || std::all_of(engines_.begin(), engines_.end(), [](const Engine& e) { return e.retired; });
  return ended;
}

std::optional<std::string> Engines::newest_files() const {
  if (engines_.empty() || !engines_.back().ready) return std::nullopt;
  return engines_.back().files;
}

}  // namespace scanner
