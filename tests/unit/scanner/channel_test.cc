#include "scanner/channel/channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/channel/messages.h"

using scanner::Channel;
using scanner::Packet;

namespace {

std::string read_all(int fd) { return std::string(scanner::SealedMapping(fd, 1 << 20).bytes()); }

scanner::ScanResult full_result() {
  scanner::ScanResult result;
  result.verdict = scanner::Verdict::removed;
  result.findings = {{"Virus.A", "ファイル.zip", scanner::Action::remove},
                     {"B", "b", scanner::Action::clean}};
  result.parts = {{"1.2", "text/plain", "name", 77, "second boundary"}};
  result.unscannable = {"Heuristics.Encrypted.Zip"};
  result.reason = "reason";
  result.seconds = 0.25;
  result.top = "X-Virus-Status: removed\r\n";
  result.cut = {{3, 9}, {20, 30}};
  result.changed = scanner::sealed_memfd("changed", "changed message");
  result.last = true;
  return result;
}

Packet packet(std::string bytes) {
  Packet made;
  made.bytes = std::move(bytes);
  return made;
}

}  // namespace

TEST_CASE("messages arrive with all their fields and descriptors") {
  const auto [one, other] = Channel::pair();
  REQUIRE(scanner::send<scanner::FromWorker>(one, full_result()));
  auto arrival = scanner::receive<scanner::FromWorker>(other);
  REQUIRE(arrival.what == Channel::Received::packet);
  const auto& result = std::get<scanner::ScanResult>(*arrival.message);
  const scanner::ScanResult expected = full_result();
  CHECK(result.verdict == expected.verdict);
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].file == expected.findings[0].file);
  CHECK(result.findings[1].action == scanner::Action::clean);
  REQUIRE(result.parts.size() == 1);
  CHECK(result.parts[0].size == 77);
  CHECK(result.parts[0].reading == "second boundary");
  CHECK(result.unscannable == expected.unscannable);
  CHECK(result.cut == expected.cut);
  CHECK(result.top == expected.top);
  CHECK(result.last);
  CHECK(read_all(result.changed.get()) == "changed message");
}

TEST_CASE("long messages arrive whole") {
  const auto [one, other] = Channel::pair();
  scanner::ScanResult result;
  for (int i = 0; i < 20000; ++i)
    result.findings.push_back({"Some.Virus.Name", "file number " + std::to_string(i)});
  result.changed = scanner::sealed_memfd("changed", "x");
  REQUIRE(scanner::send<scanner::FromWorker>(one, std::move(result)));
  auto arrival = scanner::receive<scanner::FromWorker>(other);
  const auto& got = std::get<scanner::ScanResult>(*arrival.message);
  REQUIRE(got.findings.size() == 20000);
  CHECK(got.findings.back().file == "file number 19999");
  CHECK(read_all(got.changed.get()) == "x");
}

TEST_CASE("the end of the peer is no message") {
  auto [one, other] = Channel::pair();
  one.close();
  CHECK(scanner::receive<scanner::FromWorker>(other).what == Channel::Received::end);
  CHECK_FALSE(scanner::send<scanner::ToWorker>(other, scanner::ScanJob{}));
  auto [quiet, waiting] = Channel::pair();
  waiting.set_non_blocking();
  CHECK(scanner::receive<scanner::FromWorker>(waiting).what == Channel::Received::nothing);
}

TEST_CASE("malformed messages are refused") {
  Packet good = scanner::encode<scanner::FromWorker>(full_result());
  SECTION("cut anywhere") {
    for (std::size_t size = 0; size < good.bytes.size(); ++size) {
      Packet cut = packet(good.bytes.substr(0, size));
      cut.fds.emplace_back(::dup(good.fds[0].get()));
      CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(cut), scanner::ChannelError);
    }
  }
  SECTION("with more behind") {
    good.bytes += '\0';
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(good), scanner::ChannelError);
  }
  SECTION("without its descriptor") {
    good.fds.clear();
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(good), scanner::ChannelError);
  }
  SECTION("with another descriptor") {
    good.fds.emplace_back(::dup(0));
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(good), scanner::ChannelError);
  }
  SECTION("with an unknown type") {
    good.bytes[0] = 9;
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(good), scanner::ChannelError);
  }
  SECTION("with a verdict that is none") {
    good.bytes[1] = static_cast<char>(scanner::kVerdicts);
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(good), scanner::ChannelError);
  }
  SECTION("with a list longer than itself") {
    Packet list = packet(std::string("\0\1\xff\xff\xff\xff", 6));
    CHECK_THROWS_AS(scanner::decode<scanner::FromWorker>(list), scanner::ChannelError);
  }
}

TEST_CASE("packets of no known form are refused") {
  const auto [one, other] = Channel::pair();
  Packet got;
  for (const std::string& bytes : {std::string("x"), std::string("m"), std::string("mi")}) {
    REQUIRE(::send(one.fd(), bytes.data(), bytes.size(), 0) > 0);
    CHECK_THROWS_AS(other.receive(got), scanner::ChannelError);
  }
  const std::string long_packet(Channel::kInlineBytes + 100, 'i');
  REQUIRE(::send(one.fd(), long_packet.data(), long_packet.size(), 0) > 0);
  CHECK_THROWS_AS(other.receive(got), scanner::ChannelError);
}

TEST_CASE("what can still be changed is not mapped") {
  const mail::FileDescriptor open(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::write(open.get(), "text", 4) == 4);
  CHECK_FALSE(scanner::sealed_size(open.get()).has_value());
  CHECK_THROWS_AS(scanner::SealedMapping(open.get(), 100), scanner::ChannelError);
  REQUIRE(scanner::seal(open.get()));
  CHECK(scanner::sealed_size(open.get()) == 4U);
  CHECK(::ftruncate(open.get(), 1) != 0);
  CHECK_THROWS_AS(scanner::SealedMapping(open.get(), 3), scanner::ChannelError);
  CHECK_FALSE(scanner::sealed_size(0).has_value());
}
