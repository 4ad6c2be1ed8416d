#include "scanner/treatment/envelope.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "scanner/engine/archive/packed_stream.h"
#include "scanner/treatment/cms.h"
#include "scanner/treatment/openpgp.h"

namespace scanner {

namespace {

constexpr int kRawDeflate = -15;
constexpr int kZlib = 15;

class Opener {
 public:
  explicit Opener(std::uint64_t& budget) : budget_(budget) {}

  EnvelopeContents open(std::string_view bytes) {
    if (is_cms(bytes)) {
      for (std::string& content : cms_contents(bytes)) take_cms(std::move(content));
    } else {
      open_packets(bytes, 0);
    }
    return std::move(result_);
  }

 private:
  // Compressed data is told by its first bytes as well as by its type.
  void take_cms(std::string content) {
    if (content.starts_with('\x78')) take(inflate_all(content, kZlib));
    take(std::move(content));
  }

  void open_packets(std::string_view bytes, int depth) {
    constexpr int kDeepest = 4;
    for (OpenPgpData& data : openpgp_data(bytes)) {
      using Packing = OpenPgpData::Packing;
      if (data.packing == Packing::none) {
        take(std::move(data.bytes));
      } else if (depth == kDeepest) {
        result_.too_large = true;
      } else if (data.packing == Packing::packets) {
        open_packets(data.bytes, depth + 1);
      } else if (data.packing == Packing::bzip2) {
        open_packets(unpack_bzip2(data.bytes), depth + 1);
      } else {
        open_packets(inflate_all(data.bytes, data.packing == Packing::zlib ? kZlib : kRawDeflate), depth + 1);
      }
    }
  }

  void take(std::string file) {
    if (!file.empty()) result_.files.push_back(std::move(file));
  }

  // What comes out before a fault counts as well.
  std::string inflate_all(std::string_view packed, int window_bits) {
    z_stream stream{};
    if (inflateInit2(&stream, window_bits) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_streamp)> ended(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write there
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string bytes;
    std::array<char, 65536> buffer;
    int status = Z_OK;
    while (status == Z_OK) {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = buffer.size();
      status = inflate(&stream, Z_NO_FLUSH);
      if (!append(bytes, {buffer.data(), buffer.size() - stream.avail_out})) break;
    }
    return bytes;
  }

  std::string unpack_bzip2(std::string_view packed) {
    UnpackedStream unpacked = unpack_stream(packed, budget_);
    if (unpacked.too_large) result_.too_large = true;
    budget_ -= std::min<std::uint64_t>(unpacked.bytes.size(), budget_);
    return std::move(unpacked.bytes);
  }

  bool append(std::string& bytes, std::string_view more) {
    if (more.size() > budget_) {
      result_.too_large = true;
      return false;
    }
    budget_ -= more.size();
    bytes += more;
    return true;
  }

  std::uint64_t& budget_;
  EnvelopeContents result_;
};

}  // namespace

EnvelopeContents open_envelope(std::string_view bytes, std::uint64_t& budget) {
  return Opener(budget).open(bytes);
}

}  // namespace scanner
