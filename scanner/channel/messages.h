#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mail/byte_range.h"
#include "mail/file_descriptor.h"
#include "scanner/channel/channel.h"
#include "scanner/verdict.h"

namespace scanner {

/// An engine and the workers forked from it. Grows with each engine that the supervisor starts.
using Generation = std::uint32_t;
/// A worker within its generation. Never used twice.
using WorkerId = std::uint32_t;

/// Why a worker is gone.
enum class WorkerEnd : std::uint8_t {
  ended,    ///< as it should: its client closed the socket, or it had worked long enough
  crash,    ///< a signal, a forbidden system call, an exit status of its own
  timeout,  ///< the message took longer than [scanner] timeout_seconds
  limit,    ///< CPU time
};
inline constexpr int kWorkerEnds = 4;
std::string_view name(WorkerEnd end);

// Client to worker.

/// Scan this. The message is a sealed memfd.
struct ScanJob {
  std::string id;
  bool want_parts = false;
  mail::FileDescriptor message;
};

// Worker to client.

/// What was found, and the edited message as a sealed memfd where it changed.
struct ScanResult {
  Verdict verdict = Verdict::error;
  std::vector<Finding> findings;
  std::vector<PartReport> parts;
  std::vector<std::string> unscannable;
  std::string reason;
  double seconds = 0;
  std::string top;
  std::vector<mail::ByteRange> cut;
  mail::FileDescriptor changed;
  bool last = false;  ///< the worker ends after this answer
};

// Engine to supervisor, and on to the front.

/// Signatures are loaded and the canary was found.
struct EngineReady {
  Generation generation = 0;
  std::string version;  ///< "1.4.6/27500"
  std::uint32_t signatures = 0;
  std::uint32_t workers = 0;  ///< that will follow
  std::int64_t built = 0;     ///< seconds since 1970: when the newest signatures were made; 0 not known
};
/// A worker to give messages to, by its socket.
struct WorkerStarted {
  Generation generation = 0;
  WorkerId id = 0;
  mail::FileDescriptor socket;
};
struct WorkerEnded {
  Generation generation = 0;
  WorkerId id = 0;
  WorkerEnd end = WorkerEnd::ended;
};
/// The engine can't be used; `text` says why in one line. `settings`: the administrator gave it wrong paths.
struct EngineFailed {
  bool settings = false;
  std::string text;
};

// Supervisor to front.

struct EngineEnded {
  Generation generation = 0;
};
/// Take no new connections, end after the transactions under way.
struct Drain {};

// Supervisor to front and engine, and back.

/// Are you alive?
struct Ping {};
struct Alive {};

// Front to supervisor, supervisor to engine.

/// Every listener accepts mail.
struct FrontReady {};
/// The worker overran its time by far or answered garbage.
struct KillWorker {
  Generation generation = 0;
  WorkerId id = 0;
};
/// Fork no more workers, end with the last one.
struct Retire {};

using ToWorker = std::variant<ScanJob>;
using FromWorker = std::variant<ScanResult>;
using FromEngine = std::variant<EngineReady, WorkerStarted, WorkerEnded, EngineFailed, Alive>;
using ToEngine = std::variant<KillWorker, Retire, Ping>;
using ToFront = std::variant<EngineReady, WorkerStarted, WorkerEnded, EngineEnded, Drain, Ping>;
using FromFront = std::variant<FrontReady, KillWorker, Alive>;

/// Encodes and sends; see Channel::send.
template <class Direction>
bool send(const Channel& channel, const Direction& message);

template <class Direction>
struct Arrival {
  Channel::Received what = Channel::Received::nothing;
  std::optional<Direction> message;  ///< where `what` is `packet`
};
/// Receives and decodes; throws ChannelError on a packet that is no message of this direction.
template <class Direction>
Arrival<Direction> receive(const Channel& channel);

/// The same without a socket, for tests.
template <class Direction>
Packet encode(const Direction& message);
template <class Direction>
Direction decode(Packet& packet);

}  // namespace scanner
