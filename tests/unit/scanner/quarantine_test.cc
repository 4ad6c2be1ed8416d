#include "scanner/quarantine/quarantine.h"

#include <sys/mman.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using scanner::Quarantine;
using scanner::ScanAnswer;
using scanner::Verdict;

class QuarantineFixture {
 public:
  QuarantineFixture() {
    std::string name = (fs::temp_directory_path() / "quarantine-XXXXXX").string();
    parent_ = ::mkdtemp(name.data());
    settings.directory = parent_ / "quarantine";
  }
  ~QuarantineFixture() { fs::remove_all(parent_); }
  QuarantineFixture(const QuarantineFixture&) = delete;
  QuarantineFixture& operator=(const QuarantineFixture&) = delete;

  /// Tells `quarantine` of a message of these bytes, and waits as a session does.
  static void scanned(Quarantine& quarantine, const std::string& bytes, const ScanAnswer& answer) {
    scanner::ReceivedMessage message;
    message.id = "1";
    message.memfd = mail::FileDescriptor(::memfd_create("message", MFD_CLOEXEC));
    message.size = bytes.size();
    REQUIRE(::write(message.memfd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    const scanner::Envelope envelope;
    asio::io_context io;
    asio::co_spawn(io, quarantine.scanned(message, envelope, answer), asio::detached);
    io.run();
  }

  std::size_t messages() const { return scanner::QuarantineStore(settings.directory).items().size(); }

  scanner::Settings::Quarantine settings;

 private:
  fs::path parent_;
};

ScanAnswer answer_with(Verdict verdict) {
  ScanAnswer answer;
  answer.verdict = verdict;
  if (verdict == Verdict::cleaned || verdict == Verdict::removed) answer.findings = {{"V", "f"}};
  return answer;
}

}  // namespace

TEST_CASE("kept is what was changed, rejected or set aside, and nothing else") {
  using scanner::is_for_quarantine;
  CHECK(is_for_quarantine(answer_with(Verdict::cleaned)));
  CHECK(is_for_quarantine(answer_with(Verdict::removed)));
  CHECK(is_for_quarantine(answer_with(Verdict::rejected)));
  CHECK_FALSE(is_for_quarantine(answer_with(Verdict::clean)));
  CHECK_FALSE(is_for_quarantine(answer_with(Verdict::unscannable)));
  CHECK_FALSE(is_for_quarantine(answer_with(Verdict::error)));

  ScanAnswer set_aside = answer_with(Verdict::error);
  set_aside.set_aside = true;
  CHECK(is_for_quarantine(set_aside));
  ScanAnswer part_removed = answer_with(Verdict::unscannable);
  part_removed.changed = mail::FileDescriptor(::memfd_create("changed", MFD_CLOEXEC));
  CHECK(is_for_quarantine(part_removed));
}

TEST_CASE("the original is on disk when the session goes on") {
  QuarantineFixture fixture;
  Quarantine quarantine(fixture.settings, mail::Log("test"));
  QuarantineFixture::scanned(quarantine, "text", answer_with(Verdict::removed));
  CHECK(fixture.messages() == 1);
  CHECK(quarantine.counts().kept == 1);
  CHECK(quarantine.counts().bytes == 4);
  QuarantineFixture::scanned(quarantine, "clean", answer_with(Verdict::clean));
  CHECK(fixture.messages() == 1);
}

TEST_CASE("a new message takes the room of the oldest") {
  QuarantineFixture fixture;
  fixture.settings.keep_bytes = 1000;
  Quarantine quarantine(fixture.settings, mail::Log("test"));
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    QuarantineFixture::scanned(quarantine, std::string(400, letter), answer_with(Verdict::removed));
  }
  CHECK(fixture.messages() == 2);
  CHECK(quarantine.counts().bytes == 800);
  QuarantineFixture::scanned(quarantine, std::string(1000, 'e'), answer_with(Verdict::removed));
  CHECK(fixture.messages() == 1);
  QuarantineFixture::scanned(quarantine, std::string(1001, 'f'), answer_with(Verdict::removed));
  CHECK(fixture.messages() == 1);
  CHECK(quarantine.counts().failed == 1);
}

TEST_CASE("what lay there before the start is counted") {
  QuarantineFixture fixture;
  {
    QuarantineFixture::scanned(*std::make_unique<Quarantine>(fixture.settings, mail::Log("test")), "text",
                               answer_with(Verdict::removed));
  }
  Quarantine quarantine(fixture.settings, mail::Log("test"));
  QuarantineFixture::scanned(quarantine, "more", answer_with(Verdict::removed));
  CHECK(quarantine.counts().messages == 2);
  CHECK(quarantine.counts().kept == 1);
}

TEST_CASE("a quarantine that fails is counted, and the session goes on") {
  QuarantineFixture fixture;
  Quarantine quarantine(fixture.settings, mail::Log("test"));
  fs::remove_all(fixture.settings.directory);
  QuarantineFixture::scanned(quarantine, "text", answer_with(Verdict::removed));
  CHECK(quarantine.counts().failed == 1);
  CHECK(quarantine.counts().kept == 0);
}
