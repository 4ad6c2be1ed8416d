#include "scanner/engine/archive/packed_stream.h"

#include <bzlib.h>
#include <lzma.h>

#include "tests/unit/catch.h"

namespace {

std::string xz(const std::string& bytes) {
  std::string packed(bytes.size() + 1024, '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                          bytes.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  packed.resize(size);
  return packed;
}

std::string bzip2(const std::string& bytes) {
  std::string packed(bytes.size() + 1024, '\0');
  auto size = static_cast<unsigned>(packed.size());
  BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char*>(bytes.data()),
                           static_cast<unsigned>(bytes.size()), 9, 0, 0);
  packed.resize(size);
  return packed;
}

std::string with_flipped(std::string text, std::size_t at) {
  text[at] = static_cast<char>(text[at] ^ 1);
  return text;
}

constexpr std::uint64_t kMost = 1 << 20;

std::string unpacked(const std::string& packed) { return scanner::unpack_stream(packed, kMost).bytes; }

}  // namespace

TEST_CASE("a packed stream, and two of them joined") {
  for (const auto pack : {&xz, &bzip2}) {
    const std::string packed = pack("Cat");
    CHECK(scanner::is_packed_stream(packed));
    CHECK(unpacked(packed) == "Cat");
    CHECK(unpacked(packed + pack(" and dog")) == "Cat and dog");
    CHECK(unpacked(packed + "something else") == "Cat");
  }
}

TEST_CASE("what stands before a fault is handed out") {
  const std::string text = "Cat and dog, and a few more animals";
  const std::string packed = xz(text);
  CHECK(unpacked(packed.substr(0, packed.size() - 2)) == text);
  CHECK(unpacked(packed.substr(0, packed.size() - 20)) == text);  // without its index
  CHECK(unpacked(with_flipped(packed, packed.size() - 1)) == text);
  const std::string blocks = bzip2(text);
  CHECK(unpacked(blocks.substr(0, blocks.size() - 2)) == text);
  CHECK(unpacked(with_flipped(blocks, 10)) == text);  // the block's checksum
}

TEST_CASE("a stream that unpacks to more than asked for is cut, and it is told") {
  for (const auto pack : {&xz, &bzip2}) {
    const auto result = scanner::unpack_stream(pack(std::string(4 * kMost, 'a')), kMost);
    CHECK(result.too_large);
    CHECK(result.bytes.size() < 2 * kMost);
    CHECK_FALSE(scanner::unpack_stream(pack(std::string(kMost, 'a')), kMost).too_large);
  }
}

TEST_CASE("what only begins like a stream is nothing") {
  for (const std::string text : {"BZh9", "BZh9 is how it begins", "LZIP", "]\0\0"}) {
    CHECK(unpacked(text).empty());
  }
}
