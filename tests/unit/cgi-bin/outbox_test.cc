#include "cgi-bin/mailing/outbox.h"

#include <fstream>

#include "tests/unit/cgi-bin/mail_fixture.h"

using formmail::Outbox;
using formmail::OutboxEntry;

namespace {

OutboxEntry entry(const std::string& id) {
  OutboxEntry e;
  e.id = id;
  e.site = "www.customer.example";
  e.profile = "Contact";
  e.envelope.sender = mail::Address::parse("formmail@customer.example");
  e.envelope.recipients = {*mail::Address::parse("a..b@docomo.ne.jp"), *mail::Address::parse("info@例え.jp")};
  e.envelope.needs_smtputf8 = true;
  e.submitted = std::chrono::system_clock::from_time_t(1795289445);
  e.next_attempt = std::chrono::system_clock::from_time_t(1795289505);
  e.attempts = 3;
  e.reason = "451 4.3.0 later\nto: x@evil.example";
  e.message = "Subject: x\r\n\r\nsite: y\n\n\0z";
  return e;
}

}  // namespace

TEST_CASE("an entry is read as it was stored") {
  const TestFolder folder;
  const Outbox outbox(folder.path);
  outbox.store(Outbox::Folder::queue, entry("20261121-1"));
  const auto read = outbox.read(Outbox::Folder::queue, "20261121-1");
  REQUIRE(read);
  const OutboxEntry stored = entry("20261121-1");
  CHECK(read->site == stored.site);
  CHECK(read->profile == stored.profile);
  CHECK(read->envelope.sender->spec() == stored.envelope.sender->spec());
  REQUIRE(read->envelope.recipients.size() == 2);
  CHECK(read->envelope.recipients[0].spec() == "\"a..b\"@docomo.ne.jp");
  CHECK(read->envelope.recipients[1].spec() == "info@xn--r8jz45g.jp");
  CHECK(read->envelope.needs_smtputf8);
  CHECK(read->submitted == stored.submitted);
  CHECK(read->next_attempt == stored.next_attempt);
  CHECK(read->attempts == 3);
  CHECK(read->reason == "451 4.3.0 later to: x@evil.example");
  CHECK(read->message == stored.message);
}

TEST_CASE("the outbox lists what waits in the order of the next attempts") {
  const TestFolder folder;
  const Outbox outbox(folder.path);
  CHECK(outbox.list(Outbox::Folder::queue).empty());
  OutboxEntry late = entry("late");
  late.next_attempt += std::chrono::hours(1);
  outbox.store(Outbox::Folder::queue, late);
  outbox.store(Outbox::Folder::queue, entry("early"));
  std::ofstream(folder.path / "queue" / ".early.123") << "half a file";
  const auto listed = outbox.list(Outbox::Folder::queue);
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].id == "early");
  CHECK(listed[0].next_attempt == entry("early").next_attempt);
  CHECK(outbox.remove(Outbox::Folder::queue, "early"));
  CHECK_FALSE(outbox.remove(Outbox::Folder::queue, "early"));
  CHECK(outbox.list(Outbox::Folder::queue).size() == 1);
}

TEST_CASE("an entry is worked on by one process alone") {
  const TestFolder folder;
  const Outbox outbox(folder.path);
  outbox.store(Outbox::Folder::queue, entry("a"));
  {
    const auto claim = outbox.claim("a");
    REQUIRE(claim);
    CHECK(claim->entry.message == entry("a").message);
    CHECK_FALSE(outbox.claim("a"));
  }
  CHECK(outbox.claim("a"));
  CHECK_FALSE(outbox.claim("no-such"));
}

TEST_CASE("what is no entry is told, and no name leads out of the folder") {
  const TestFolder folder;
  const Outbox outbox(folder.path);
  outbox.store(Outbox::Folder::queue, entry("a"));
  for (const char* text :
       {"", "sekisho-outbox 1\n", "sekisho-outbox 1\nto: a@b.example", "sekisho-outbox 1\nto: a, b\n\n",
        "sekisho-outbox 1\nsite: x\n\n", "sekisho-outbox 1\nattempts: x\n\n"}) {
    std::ofstream(folder.path / "queue" / "broken") << text;
    CHECK_THROWS_AS(outbox.read(Outbox::Folder::queue, "broken"), std::runtime_error);
  }
  CHECK_THROWS_AS(outbox.read(Outbox::Folder::queue, "../a"), std::invalid_argument);
  CHECK_THROWS_AS(outbox.remove(Outbox::Folder::queue, ""), std::invalid_argument);
  CHECK_FALSE(outbox.read(Outbox::Folder::failed, "a"));
}

TEST_CASE("a folder that can't be written is an error, not a loss") {
  const Outbox outbox("/proc/no-such-folder");
  CHECK_THROWS_AS(outbox.store(Outbox::Folder::queue, entry("a")), std::system_error);
}
