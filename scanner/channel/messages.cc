#include "scanner/channel/messages.h"

#include "scanner/channel/wire.h"

namespace mail {

void fields(auto& f, auto& range) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(range)>>, ByteRange> {
  f(range.begin);
  f(range.end);
}

}  // namespace mail

namespace scanner {

namespace {

template <class T, class Message>
concept Either = std::same_as<std::remove_const_t<T>, Message>;

}  // namespace

constexpr int count_of(Verdict) { return kVerdicts; }
constexpr int count_of(Action) { return 2; }
constexpr int count_of(WorkerEnd) { return kWorkerEnds; }

void fields(auto& f, Either<Finding> auto& m) {
  f(m.virus);
  f(m.file);
  f(m.action);
}
void fields(auto& f, Either<PartReport> auto& m) {
  f(m.path);
  f(m.type);
  f(m.name);
  f(m.size);
  f(m.reading);
}
void fields(auto& f, Either<ScanJob> auto& m) {
  f(m.id);
  f(m.want_parts);
  f(m.message);
}
void fields(auto& f, Either<ScanResult> auto& m) {
  f(m.verdict);
  f(m.findings);
  f(m.parts);
  f(m.unscannable);
  f(m.reason);
  f(m.seconds);
  f(m.top);
  f(m.cut);
  f(m.changed);
  f(m.last);
}
void fields(auto& f, Either<EngineReady> auto& m) {
  f(m.generation);
  f(m.version);
  f(m.signatures);
  f(m.workers);
  f(m.built);
}
void fields(auto& f, Either<WorkerStarted> auto& m) {
  f(m.generation);
  f(m.id);
  f(m.socket);
}
void fields(auto& f, Either<WorkerEnded> auto& m) {
  f(m.generation);
  f(m.id);
  f(m.end);
}
void fields(auto& f, Either<EngineFailed> auto& m) {
  f(m.settings);
  f(m.text);
}
void fields(auto& f, Either<EngineEnded> auto& m) { f(m.generation); }
void fields(auto& f, Either<KillWorker> auto& m) {
  f(m.generation);
  f(m.id);
}
void fields(auto&, Either<Drain> auto&) {}
void fields(auto&, Either<FrontReady> auto&) {}
void fields(auto&, Either<Retire> auto&) {}
void fields(auto&, Either<Ping> auto&) {}
void fields(auto&, Either<Alive> auto&) {}

namespace {

template <class Direction, std::size_t index = 0>
Direction decode_alternative(std::uint8_t type, PacketReader& reader) {
  if constexpr (index == std::variant_size_v<Direction>) {
    throw ChannelError("packet of no known type");
  } else {
    if (type != index) return decode_alternative<Direction, index + 1>(type, reader);
    Direction message(std::in_place_index<index>);
    reader(std::get<index>(message));
    return message;
  }
}

}  // namespace

template <class Direction>
Packet encode(const Direction& message) {
  PacketWriter writer;
  writer(static_cast<std::uint8_t>(message.index()));
  std::visit(writer, message);
  return writer.take();
}

template <class Direction>
Direction decode(Packet& packet) {
  PacketReader reader(packet);
  std::uint8_t type = 0;
  reader(type);
  Direction message = decode_alternative<Direction>(type, reader);
  reader.finish();
  return message;
}

template <class Direction>
bool send(const Channel& channel, const Direction& message) {
  return channel.send(encode(message));
}

template <class Direction>
Arrival<Direction> receive(const Channel& channel) {
  Packet packet;
  Arrival<Direction> arrival;
  arrival.what = channel.receive(packet);
  if (arrival.what == Channel::Received::packet) arrival.message = decode<Direction>(packet);
  return arrival;
}

#define SCANNER_CHANNEL_DIRECTION(Direction)            \
  template Packet encode(const Direction&);             \
  template Direction decode(Packet&);                   \
  template bool send(const Channel&, const Direction&); \
  template Arrival<Direction> receive(const Channel&);
SCANNER_CHANNEL_DIRECTION(ToWorker)
SCANNER_CHANNEL_DIRECTION(FromWorker)
SCANNER_CHANNEL_DIRECTION(FromEngine)
SCANNER_CHANNEL_DIRECTION(ToEngine)
SCANNER_CHANNEL_DIRECTION(ToFront)
SCANNER_CHANNEL_DIRECTION(FromFront)
#undef SCANNER_CHANNEL_DIRECTION

std::string_view name(WorkerEnd end) {
  switch (end) {
    case WorkerEnd::ended:
      return "ended";
    case WorkerEnd::crash:
      return "crash";
    case WorkerEnd::timeout:
      return "time-out";
    case WorkerEnd::limit:
      return "limit";
  }
  return "unknown";
}

}  // namespace scanner
