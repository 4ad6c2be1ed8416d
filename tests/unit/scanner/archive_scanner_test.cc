#include "scanner/engine/archive/archive_scanner.h"

#include <zlib.h>

#include "scanner/engine/archive/zip_readings.h"
#include "tests/unit/scanner/marker_scanner.h"

namespace {

std::string number(std::uint32_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string deflated(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct Member {
  std::string name, text;
  int local_flags = 0, directory_flags = 0;
  int method = 8;
};

struct Zip {
  std::string members, directory;
  int count = 0;

  void add(const std::vector<Member>& list) {
    for (const Member& member : list) {
      const std::string packed = member.method == 0 ? member.text : deflated(member.text);
      const std::string sizes = number(0, 4) + number(static_cast<std::uint32_t>(packed.size()), 4) +
                                number(static_cast<std::uint32_t>(member.text.size()), 4) +
                                number(static_cast<std::uint32_t>(member.name.size()), 2) + number(0, 2);
      const auto head = [&](int flags) {
        return number(20, 2) + number(static_cast<std::uint32_t>(flags), 2) +
               number(static_cast<std::uint32_t>(member.method), 2) + number(0, 4) + sizes;
      };
      directory += "PK\1\2" + number(20, 2) + head(member.directory_flags) + std::string(10, '\0') +
                   number(static_cast<std::uint32_t>(members.size()), 4) + member.name;
      members += "PK\3\4" + head(member.local_flags) + member.name + packed;
      ++count;
    }
  }

  std::string bytes(const std::string& gap = "") const {
    const auto entries = number(static_cast<std::uint32_t>(count), 2);
    return members + gap + directory + "PK\5\6" + number(0, 4) + entries + entries +
           number(static_cast<std::uint32_t>(directory.size()), 4) +
           number(static_cast<std::uint32_t>(members.size() + gap.size()), 4) + number(0, 2);
  }
};

Zip zip_of(std::initializer_list<Member> members) {
  Zip zip;
  zip.add(members);
  return zip;
}

// Long enough that the marker doesn't stand in the deflated bytes as it is.
const std::string kEvil = std::string(300, 'a') + "EVIL-MARKEREVIL-MARKER" + std::string(300, 'a');

scanner::ScanOutcome scan(const std::string& bytes) {
  auto inner = std::make_unique<MarkerScanner>();
  inner->viruses = {{"aEVIL-MARKEREVIL-MARKERa", "Test.Evil"}};
  return scanner::ArchiveScanner(std::move(inner)).scan(bytes, scanner::ScanAs::file, "");
}

}  // namespace

TEST_CASE("a plain zip is known as plain, and left to the scanner below") {
  const Zip zip = zip_of({{"a.txt", "hello"}, {"b.txt", kEvil}, {"c", "stored", 0, 0, 0}});
  CHECK(scanner::is_plain_zip(zip.bytes()));
  CHECK(scanner::is_plain_zip(zip_of({}).bytes()));
  CHECK_FALSE(scan(zip.bytes()).infected());
}

TEST_CASE("whatever bends a zip makes it no plain one, and its members are scanned") {
  const Zip good = zip_of({{"a.txt", "hello"}});
  const Zip evil = zip_of({{"a.txt", "hello"}, {"b.txt", kEvil}});
  const std::string nested = evil.bytes();
  const std::vector<std::string> bent = {
      evil.bytes() + good.bytes(),
      good.bytes() + evil.bytes(),
      "prefix" + evil.bytes(),
      evil.bytes() + "suffix",
      evil.bytes("gap"),
      evil.members,
      evil.members + evil.directory,
      evil.bytes().substr(0, evil.members.size() - 1),
      zip_of({{"b.txt", kEvil, 1, 0}}).bytes(),
      zip_of({{"b.txt", kEvil, 0, 1}}).bytes(),
      zip_of({{"b.txt", kEvil, 1, 1}}).bytes(),
      "prefix" + zip_of({{"inner.zip", "x" + nested, 0, 0, 0}}).bytes(),
      "prefix" + zip_of({{"inner.zip", "x" + nested}}).bytes(),
  };
  for (std::size_t i = 0; i < bent.size(); ++i) {
    INFO(i);
    CHECK_FALSE(scanner::is_plain_zip(bent[i]));
    CHECK(scan(bent[i]).viruses == std::vector<std::string>{"Test.Evil"});
  }
}

TEST_CASE("a member that stays closed is told of, and stray signatures are not") {
  const Zip locked = zip_of({{"a", std::string(60, '\xff'), 1, 1, 0}});
  CHECK(scan(locked.bytes()).unscannable == std::vector<std::string>{"Heuristics.Encrypted.Zip"});
  CHECK(scan(zip_of({{"a", "no such thing", 0, 0, 97}}).bytes()).unscannable ==
        std::vector<std::string>{"Archive.Method"});
  CHECK(scan("a PK\3\4 in a text, and at the end of it PK\3\4").unscannable.empty());
  CHECK(scan(std::string("PK\3\4") + std::string(26, '\xff') + "code of an unpacker").unscannable.empty());
}

TEST_CASE("unpacking ends at its limits") {
  const Zip bomb = zip_of({{"a", std::string(5'000'000, '\0')}});
  std::size_t unpacked = 0;
  const auto count = [&](std::string_view member) { unpacked += member.size(); };
  const auto unpacks = [&](const std::string& zip, scanner::MemberBudget budget) {
    return scanner::for_each_zip_member(zip, count, budget).complete();
  };
  CHECK_FALSE(unpacks(bomb.members, {1'000'000, 10}));
  CHECK(unpacked == 0);
  CHECK(unpacks(bomb.members, {10'000'000, 10}));
  CHECK(unpacked == 5'000'000);
  std::string many;
  for (int i = 0; i < 20; ++i) many += zip_of({{"a", "x"}}).members;
  CHECK_FALSE(unpacks(many, {1'000'000, 10}));
}

TEST_CASE("a cut archive is read without a step past its end") {
  const std::string whole = zip_of({{"a.txt", "hello"}, {"b.txt", kEvil}}).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    CHECK_FALSE(scanner::is_plain_zip(cut));
    scan(cut);
  }
}
