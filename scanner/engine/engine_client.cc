#include "scanner/engine/engine_client.h"

#include <sys/wait.h>

#include <csignal>
#include <utility>

#include "scanner/process.h"

namespace scanner {

EngineClient::EngineClient(const EngineSetup& setup) {
  auto [mine, its] = Channel::pair();
  Channel& kept = its;
  pid_ = fork_process("sr-engine", {kept.fd()}, [&] { return run_engine(kept, setup); });
  channel_ = std::move(mine);
}

EngineClient::EngineClient(EngineClient&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_)) {}

void EngineClient::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

EngineClient::~EngineClient() {
  if (pid_ < 0) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace scanner
