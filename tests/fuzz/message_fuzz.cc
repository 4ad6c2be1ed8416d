// Needs: scanner/channel scanner/verdict.cc
#include <unistd.h>

#include <variant>

#include "scanner/channel/messages.h"
#include "tests/fuzz/fuzz.h"

namespace {

/// What another process sends is a message or refused; a message, sent on, is the same bytes.
template <class Direction>
void try_direction(std::string_view bytes, std::size_t fds) {
  scanner::Packet packet;
  packet.bytes = bytes;
  for (std::size_t i = 0; i < fds; ++i) packet.fds.emplace_back(::dup(2));
  try {
    const Direction message = scanner::decode<Direction>(packet);
    const scanner::Packet again = scanner::encode(message);
    must(again.bytes == bytes && again.fds.size() == fds);
  } catch (const scanner::ChannelError&) {
  }
}

}  // namespace

void fuzz(std::string_view input) {
  const std::size_t fds = take_number(input) % 3;
  try_direction<scanner::ToWorker>(input, fds);
  try_direction<scanner::FromWorker>(input, fds);
  try_direction<scanner::FromEngine>(input, fds);
  try_direction<scanner::ToEngine>(input, fds);
  try_direction<scanner::ToFront>(input, fds);
  try_direction<scanner::FromFront>(input, fds);
}
