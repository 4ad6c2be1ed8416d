#include "scanner/command/quarantine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using scanner::QuarantineEntry;
using scanner::QuarantineStore;

QuarantineEntry hostile_entry() {
  QuarantineEntry entry;
  entry.id = "0123456789abcdef0123";
  entry.verdict = scanner::Verdict::removed;
  entry.findings = {{"Win.\x1b[31mRed", "a\r\nforged line\u202egpj.exe"}};
  entry.envelope.client = "192.0.2.1";
  entry.envelope.sender = "\x1b]0;title\a@evil.example";
  entry.envelope.recipients = {"a@b.example", "c@b.example", "d@b.example"};
  entry.envelope.recipient_commands = {"RCPT TO:<a@b.example>", "RCPT TO:<c@b.example>",
                                       "RCPT TO:<d@b.example>"};
  return entry;
}

/// A quarantine with one message, and a Maildir as the next hop.
class ReleaseFixture {
 public:
  ReleaseFixture() : store(QuarantineStore::make(folder_ / "quarantine")) {
    settings.next_hop.deliver = "maildir:" + maildir().string();
    std::ofstream(folder_ / "message") << text;
    const mail::FileDescriptor fd(::open((folder_ / "message").c_str(), O_RDONLY | O_CLOEXEC));
    QuarantineEntry entry = hostile_entry();
    entry.envelope.mail_command = "MAIL FROM:<> BODY=8BITMIME";
    id = store.keep(fd.get(), entry).id;
  }
  ~ReleaseFixture() { fs::remove_all(folder_); }
  ReleaseFixture(const ReleaseFixture&) = delete;
  ReleaseFixture& operator=(const ReleaseFixture&) = delete;

  bool release() {
    said.str("");
    return scanner::release_from_quarantine(store, settings, {id}, said);
  }

  std::vector<std::string> delivered() const {
    std::vector<std::string> texts;
    if (!fs::exists(maildir())) return texts;
    for (const auto& file : fs::directory_iterator(maildir() / "new")) {
      std::ifstream in(file.path());
      texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return texts;
  }

  const std::string text = "X-Virus-Status: clean\nSubject: x\n\n.\nbytes \xff\n";
  scanner::Settings settings;
  std::string id;
  std::ostringstream said;

 private:
  static fs::path make_folder() {
    std::string name = (fs::temp_directory_path() / "release-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  fs::path maildir() const { return folder_ / "Maildir"; }

  const fs::path folder_ = make_folder();

 public:
  QuarantineStore store;
};

}  // namespace

TEST_CASE("the list and the details are safe to show on a terminal") {
  std::ostringstream out;
  scanner::print_quarantine(out, {hostile_entry()});
  CHECK(out.str().find("ID ") == 0);
  CHECK(out.str().find("a@b.example c@b.example +1") != std::string::npos);
  scanner::print_quarantine_entry(out, hostile_entry());
  const std::string text = out.str();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\a') == std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find("\u202e") == std::string::npos);
  CHECK(text.find("\nforged") == std::string::npos);
}

TEST_CASE("a released message arrives as it came, and stays in the quarantine, marked") {
  ReleaseFixture fixture;
  CHECK(fixture.release());
  CHECK(fixture.delivered() == std::vector{fixture.text});
  CHECK(fixture.store.read(fixture.id).fully_released());
  CHECK(fixture.said.str() == fixture.id + " released\n");

  CHECK(fixture.release());
  CHECK(fixture.delivered().size() == 1);
  CHECK(fixture.said.str() == fixture.id + " was released before\n");
}

TEST_CASE("a message that the next hop does not take stays as it was") {
  ReleaseFixture fixture;
  fixture.settings.next_hop.deliver = "smtp://127.0.0.1:1";
  CHECK_FALSE(fixture.release());
  CHECK(fixture.said.str().find(fixture.id + " not released, still kept: ") == 0);
  CHECK(fixture.store.read(fixture.id).released.empty());
  CHECK(fixture.delivered().empty());
}

TEST_CASE("a recipient who has got the message is left out the next time") {
  ReleaseFixture fixture;
  QuarantineEntry entry = fixture.store.read(fixture.id);
  entry.released = {"a@b.example", "c@b.example"};
  fixture.store.update(entry);
  CHECK(fixture.release());
  CHECK(fixture.store.read(fixture.id).fully_released());
}

TEST_CASE("two releases at a time are not two deliveries") {
  ReleaseFixture fixture;
  const mail::FileDescriptor other = fixture.store.open_message(fixture.id);
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  CHECK_THROWS_AS(fixture.release(), std::system_error);
  CHECK(fixture.delivered().empty());
}
