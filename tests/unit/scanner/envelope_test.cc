#include "scanner/treatment/envelope.h"

#include <zlib.h>

#include "scanner/engine/limits.h"
#include "tests/unit/catch.h"

namespace {

using Files = std::vector<std::string>;

scanner::EnvelopeContents open(std::string_view bytes, std::uint64_t budget = scanner::limits::kFileBytes) {
  return scanner::open_envelope(bytes, budget);
}

std::string element(unsigned char tag, const std::string& content) {
  REQUIRE(content.size() < 0x80);
  return {std::string(1, static_cast<char>(tag)) + static_cast<char>(content.size()) + content};
}

std::string open_ended(unsigned char tag, const std::string& content) {
  return std::string(1, static_cast<char>(tag)) + "\x80" + content + std::string(2, '\0');
}

std::string type(char last) { return element(6, std::string("\x2a\x86\x48\x86\xf7\x0d\x01\x07") + last); }

// ContentInfo around SignedData without signers, its content as `content` gives it.
std::string signed_data(const std::string& content) {
  const std::string inner = element(
      0x30, element(2, "\1") + element(0x31, "") + element(0x30, type('\1') + content) + element(0x31, ""));
  return element(0x30, type('\2') + element(0xa0, inner));
}

std::string deflated(const std::string& bytes, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// A packet in the new format, its length in one byte.
std::string packet(unsigned tag, const std::string& body) {
  REQUIRE(body.size() < 192);
  return std::string(1, static_cast<char>(0xc0 | tag)) + static_cast<char>(body.size()) + body;
}

std::string literal(const std::string& data) { return packet(11, "b\3a.z" + std::string(4, '\0') + data); }

}  // namespace

TEST_CASE("the content of CMS, in each form of BER") {
  CHECK(open(signed_data(element(0xa0, element(4, "Cat")))).files == Files{"Cat"});
  CHECK(open(signed_data(element(0xa0, element(0x24, element(4, "C") + element(4, "at"))))).files ==
        Files{"Cat"});
  const std::string pieces =
      open_ended(0xa0, open_ended(0x24, element(4, "C") + open_ended(0x24, element(4, "at"))));
  CHECK(open(signed_data(pieces)).files == Files{"Cat"});
  CHECK(open(open_ended(0x30, type('\2') + open_ended(0xa0, open_ended(0x30, type('\1') + pieces)))).files ==
        Files{"Cat"});
  // Cut off within the content.
  const std::string whole = signed_data(element(0xa0, element(4, "Cat and dog")));
  CHECK(open(whole.substr(0, whole.find("dog"))).files == Files{"Cat and "});
}

TEST_CASE("compressed content of CMS") {
  const std::string packed = deflated("Cat", 15);
  CHECK(open(signed_data(element(0xa0, element(4, packed)))).files == Files{"Cat", packed});
}

TEST_CASE("what is encrypted, signed beside the mail or no envelope holds nothing") {
  // EncryptedContentInfo has its octets under an implicit tag.
  CHECK(open(signed_data(element(0x80, "Cat"))).files.empty());
  CHECK(open(signed_data("")).files.empty());
  CHECK(open("0 is a number").files.empty());
  CHECK(open("").files.empty());
  CHECK(open("\x30").files.empty());
  CHECK(open(packet(1, "key") + packet(18, "Cat")).files.empty());
  CHECK(open(std::string(1, '\xcb')).files.empty());
}

TEST_CASE("OpenPGP data in the clear, compressed, signed") {
  CHECK(open(literal("Cat")).files == Files{"Cat"});
  CHECK(open(packet(4, "one pass") + literal("Cat") + packet(2, "signature")).files == Files{"Cat"});
  CHECK(open(packet(8, "\1" + deflated(literal("Cat"), -15))).files == Files{"Cat"});
  CHECK(open(packet(8, "\2" + deflated(literal("Cat"), 15))).files == Files{"Cat"});
  CHECK(open(packet(8, std::string(1, '\0') + literal("Cat"))).files == Files{"Cat"});
  // The old format, to the end of the bytes.
  CHECK(open("\xa3\2" + deflated(literal("Cat"), 15)).files == Files{"Cat"});
  // In pieces of two bytes and one.
  CHECK(open("\xcb\xe1" + std::string("b\0", 2) + "\xe2" + std::string(4, '\0') + "\3Cat").files ==
        Files{"Cat"});
}

TEST_CASE("what is unpacked from envelopes is bounded, and it is told") {
  std::string packed = literal("Cat");
  for (int i = 0; i < 6; ++i) packed = packet(8, "\2" + deflated(packed, 15));
  CHECK(open(packed).too_large);
  const std::string large = packet(
      8, "\2" + deflated("\xcb\xff" + std::string("\0\1\0\0b\0\0\0\0\0", 10) + std::string(65530, 'a'), 15));
  CHECK_FALSE(open(large).too_large);
  CHECK(open(large, 1000).too_large);
}
