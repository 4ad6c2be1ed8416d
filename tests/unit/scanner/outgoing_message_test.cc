#include "scanner/front/next_hop/outgoing_message.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "scanner/front/message_file.h"

using scanner::BadAnswer;
using scanner::MessageFile;
using scanner::OutgoingMessage;
using scanner::ReceivedMessage;
using scanner::ScanAnswer;

namespace {

constexpr int kSealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

mail::FileDescriptor memfd_with(std::string_view content, int seals) {
  mail::FileDescriptor memfd(::memfd_create("test", MFD_ALLOW_SEALING));
  REQUIRE(::write(memfd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  if (seals != 0) REQUIRE(::fcntl(memfd.get(), F_ADD_SEALS, seals) == 0);
  return memfd;
}

ReceivedMessage message_of(std::string_view content) {
  MessageFile file(1000);
  file.append({content});
  return {"id", file.seal(), content.size()};
}

std::string sent(const ReceivedMessage& message, const ScanAnswer& answer) {
  const OutgoingMessage outgoing(message, answer);
  std::string bytes;
  for (const std::string_view segment : outgoing.segments()) bytes += segment;
  return bytes;
}

ScanAnswer cutting(std::vector<mail::ByteRange> cut) {
  ScanAnswer answer;
  answer.top = "Top\r\n";
  answer.cut = std::move(cut);
  return answer;
}

ScanAnswer changed_to(mail::FileDescriptor memfd, std::uint64_t size) {
  ScanAnswer answer;
  answer.changed = std::move(memfd);
  answer.changed_size = size;
  return answer;
}

}  // namespace

TEST_CASE("what goes out is the top, and the message less what is cut or what it became") {
  const ReceivedMessage message = message_of("0123456789");
  CHECK(sent(message, cutting({})) == "Top\r\n0123456789");
  CHECK(sent(message, cutting({{0, 3}, {5, 5}, {9, 10}})) == "Top\r\n345678");
  CHECK(sent(message, cutting({{0, 10}})) == "Top\r\n");
  CHECK(sent(message, changed_to(memfd_with("new", kSealed), 3)) == "new");
  CHECK(sent(message_of(""), ScanAnswer()).empty());
}

TEST_CASE("ranges that are not ascending or not in the message are refused") {
  const ReceivedMessage message = message_of("0123456789");
  for (const std::vector<mail::ByteRange>& cut : {std::vector<mail::ByteRange>{{5, 3}},
                                                  {{0, 11}},
                                                  {{4, 6}, {2, 3}},
                                                  {{0, 5}, {4, 6}},
                                                  {{11, 12}},
                                                  {{1, SIZE_MAX}}}) {
    CHECK_THROWS_AS(sent(message, cutting(cut)), BadAnswer);
  }
}

TEST_CASE("a worker can't hand over a file that could shrink, or one of another size") {
  const ReceivedMessage message = message_of("0123456789");
  CHECK_THROWS_AS(sent(message, changed_to(memfd_with("new", 0), 3)), BadAnswer);
  CHECK_THROWS_AS(sent(message, changed_to(memfd_with("new", F_SEAL_WRITE), 3)), BadAnswer);
  CHECK_THROWS_AS(sent(message, changed_to(memfd_with("new", kSealed), 4)), BadAnswer);
  CHECK_THROWS_AS(sent(message, changed_to(memfd_with("new", kSealed), 2)), BadAnswer);
  CHECK_THROWS_AS(sent(message, changed_to(mail::FileDescriptor(::open("/dev/null", O_RDONLY)), 0)),
                  BadAnswer);
  ScanAnswer both = changed_to(memfd_with("new", kSealed), 3);
  both.cut = {{0, 1}};
  CHECK_THROWS_AS(sent(message, both), BadAnswer);
}

TEST_CASE("a message over the limit keeps no memory, however it comes") {
  MessageFile file(10);
  file.append({"01234", "56789"});
  CHECK_FALSE(file.over_limit());
  file.append({"x"});
  CHECK(file.over_limit());
  file.append({"more"});
  mail::FileDescriptor memfd = file.seal();
  CHECK(::lseek(memfd.get(), 0, SEEK_END) == 0);
}

TEST_CASE("a message that finds no memory is noted as such") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  MessageFile file(100000);
  const std::string piece(80, 'x');
  file.append({piece});
  const bool first = file.out_of_memory();
  file.append({piece});
  const bool second = file.out_of_memory();
  file.append({piece});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_FALSE(first);
  CHECK(second);
  CHECK_FALSE(file.over_limit());
}

TEST_CASE("thousands of pieces are kept in their order") {
  std::string expected;
  mail::Pieces pieces;
  for (int i = 0; i < 3000; ++i) {
    pieces.emplace_back(i % 2 == 0 ? "a" : "bc");
    expected += pieces.back();
  }
  MessageFile file(100000);
  file.append(pieces);
  const ReceivedMessage message{"id", file.seal(), expected.size()};
  CHECK(sent(message, ScanAnswer()) == expected);
}
