#include "scanner/treatment/openpgp.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace scanner {

namespace {

enum Tag : unsigned {
  kSignature = 2,
  kOnePassSignature = 4,
  kCompressed = 8,
  kMarker = 10,
  kLiteral = 11,
  kPadding = 21,
};

struct Packet {
  unsigned tag = 0;
  std::string body;
};

class PacketReader {
 public:
  explicit PacketReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Packet> next() {
    constexpr unsigned kPacket = 0x80;
    constexpr unsigned kNewFormat = 0x40;
    if (bytes_.empty() || (byte(0) & kPacket) == 0) return {};
    const unsigned first = byte(0);
    bytes_.remove_prefix(1);
    Packet packet;
    if ((first & kNewFormat) != 0) {
      packet.tag = first & 0x3f;
      while (take_new_length(packet)) {
      }
    } else {
      packet.tag = first >> 2 & 0xf;
      take_old_length(packet, first & 3);
    }
    return packet;
  }

 private:
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }

  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (; size > 0 && !bytes_.empty(); --size) {
      value = value << 8 | byte(0);
      bytes_.remove_prefix(1);
    }
    return value;
  }

  void take(Packet& packet, std::size_t size) {
    packet.body += bytes_.substr(0, size);
    bytes_.remove_prefix(std::min(size, bytes_.size()));
  }

  void take_old_length(Packet& packet, unsigned kind) {
    constexpr unsigned kToTheEnd = 3;
    take(packet, kind == kToTheEnd ? bytes_.size() : number(std::size_t{1} << kind));
  }

  // Whether another piece follows this one (4.2.1.4).
  bool take_new_length(Packet& packet) {
    constexpr unsigned kTwoBytes = 192;
    constexpr unsigned kPartial = 224;
    constexpr unsigned kFourBytes = 255;
    if (bytes_.empty()) return false;
    const unsigned first = byte(0);
    bytes_.remove_prefix(1);
    if (first >= kPartial && first < kFourBytes) {
      take(packet, std::size_t{1} << (first & 0x1f));
      return true;
    }
    std::size_t size = first;
    if (first == kFourBytes) {
      size = number(4);
    } else if (first >= kTwoBytes) {
      size = (std::size_t{first - kTwoBytes} << 8) + number(1) + kTwoBytes;
    }
    take(packet, size);
    return false;
  }

  std::string_view bytes_;
};

// Format, name, date (5.9).
OpenPgpData literal(Packet packet) {
  constexpr std::size_t kDate = 4;
  const std::size_t name = packet.body.size() < 2 ? 0 : static_cast<unsigned char>(packet.body[1]);
  packet.body.erase(0, 2 + name + kDate);
  return {OpenPgpData::Packing::none, std::move(packet.body)};
}

std::optional<OpenPgpData> compressed(Packet packet) {
  constexpr std::string_view kAlgorithms("\0\1\2\3", 4);
  using Packing = OpenPgpData::Packing;
  constexpr std::array kPackings = {Packing::packets, Packing::deflate, Packing::zlib, Packing::bzip2};
  const auto known = packet.body.empty() ? std::string_view::npos : kAlgorithms.find(packet.body.front());
  if (known == std::string_view::npos) return {};
  packet.body.erase(0, 1);
  return OpenPgpData{kPackings[known], std::move(packet.body)};
}

}  // namespace

std::vector<OpenPgpData> openpgp_data(std::string_view bytes) {
  std::vector<OpenPgpData> data;
  PacketReader reader(bytes);
  while (auto packet = reader.next()) {
    switch (packet->tag) {
      case kLiteral:
        data.push_back(literal(std::move(*packet)));
        break;
      case kCompressed:
        if (auto found = compressed(std::move(*packet))) data.push_back(std::move(*found));
        break;
      case kSignature:
      case kOnePassSignature:
      case kMarker:
      case kPadding:
        break;
      default:
        return data;
    }
  }
  return data;
}

}  // namespace scanner
