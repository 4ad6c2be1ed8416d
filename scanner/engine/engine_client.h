#pragma once

#include <sys/types.h>

#include <optional>

#include "scanner/channel/messages.h"
#include "scanner/engine/engine_process.h"

namespace scanner {

/// A running engine as the process that started it holds it. The engine and its workers end with the object.
class EngineClient {
 public:
  /// Forks the engine.
  explicit EngineClient(const EngineSetup& setup);
  ~EngineClient();
  EngineClient(EngineClient&& other) noexcept;
  EngineClient& operator=(EngineClient&&) = delete;
  EngineClient(const EngineClient&) = delete;
  EngineClient& operator=(const EngineClient&) = delete;

  pid_t pid() const { return pid_; }
  void kill() const;
  /// Its end was seen elsewhere: there is nothing left to end.
  void note_reaped() { pid_ = -1; }
  const Channel& channel() const { return channel_; }

 private:
  pid_t pid_ = -1;
  Channel channel_;
};

}  // namespace scanner
