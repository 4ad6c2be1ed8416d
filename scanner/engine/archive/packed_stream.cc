// libarchive and libclamav hand out nothing of the block in which they find a fault, so the libraries below
// them are asked.
#include "scanner/engine/archive/packed_stream.h"

#include <bzlib.h>
#include <lzma.h>

#include <array>
#include <memory>
#include <new>

namespace scanner {

namespace {

constexpr std::string_view kXz(
    "\xfd"
    "7zXZ\0",
    6);
constexpr std::string_view kLzma("\x5d\0\0", 3);
constexpr std::string_view kLzip = "LZIP";
constexpr std::string_view kBzip2 = "BZh";

using Buffer = std::array<char, 65536>;

// Whether there is room for more.
bool append(UnpackedStream& unpacked, std::string_view more, std::uint64_t most) {
  unpacked.bytes += more;
  unpacked.too_large = unpacked.bytes.size() > most;
  return !unpacked.too_large;
}

UnpackedStream unpack_lzma(std::string_view packed, std::uint64_t most) {
  constexpr std::uint64_t kMostMemory = std::uint64_t{128} << 20;
  UnpackedStream unpacked;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_auto_decoder(&stream, kMostMemory, LZMA_CONCATENATED | LZMA_IGNORE_CHECK) != LZMA_OK)
    throw std::bad_alloc();
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> ended(&stream, lzma_end);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  Buffer buffer;
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream.avail_out = buffer.size();
    status = lzma_code(&stream, LZMA_FINISH);
    if (!append(unpacked, {buffer.data(), buffer.size() - stream.avail_out}, most)) return unpacked;
  }
  if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (status == LZMA_MEMLIMIT_ERROR) unpacked.too_large = true;
  return unpacked;
}

// One stream; `packed` begins behind it afterwards.
bool unpack_one_bzip2(std::string_view& packed, UnpackedStream& unpacked, std::uint64_t most) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
  const std::unique_ptr<bz_stream, int (*)(bz_stream*)> ended(&stream, BZ2_bzDecompressEnd);
  stream.next_in = const_cast<char*>(packed.data());  // libbz2 does not write there
  stream.avail_in = static_cast<unsigned>(packed.size());
  Buffer buffer;
  int status = BZ_OK;
  bool goes_on = true;
  while (status == BZ_OK && goes_on) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = BZ2_bzDecompress(&stream);
    const std::size_t got = buffer.size() - stream.avail_out;
    goes_on = append(unpacked, {buffer.data(), got}, most) && (got > 0 || stream.avail_in > 0);
  }
  packed.remove_prefix(packed.size() - stream.avail_in);
  return status == BZ_STREAM_END && goes_on;
}

UnpackedStream unpack_bzip2(std::string_view packed, std::uint64_t most) {
  UnpackedStream unpacked;
  while (packed.starts_with(kBzip2) && unpack_one_bzip2(packed, unpacked, most)) {
  }
  return unpacked;
}

}  // namespace

bool is_packed_stream(std::string_view bytes) {
  return bytes.starts_with(kXz) || bytes.starts_with(kLzma) || bytes.starts_with(kLzip) ||
         bytes.starts_with(kBzip2);
}

UnpackedStream unpack_stream(std::string_view packed, std::uint64_t most) {
  return packed.starts_with(kBzip2) ? unpack_bzip2(packed, most) : unpack_lzma(packed, most);
}

}  // namespace scanner
