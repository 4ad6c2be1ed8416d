#include "scanner/quarantine/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utime.h>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace {

namespace fs = std::filesystem;
using scanner::QuarantineEntry;
using scanner::QuarantineStore;

class QuarantineFolder {
 public:
  QuarantineFolder() : store(QuarantineStore::make(path())) {}
  ~QuarantineFolder() { fs::remove_all(parent_); }
  QuarantineFolder(const QuarantineFolder&) = delete;
  QuarantineFolder& operator=(const QuarantineFolder&) = delete;

  fs::path path() const { return parent_ / "quarantine"; }

  /// Keeps `text` from `sender`, `days` ago.
  std::string keep(const std::string& text, const std::string& sender = "a@b.example", int days = 0) {
    const fs::path file = parent_ / "message";
    std::ofstream(file, std::ios::binary) << text;
    const mail::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    QuarantineEntry entry = this->entry(sender);
    entry.size = text.size();
    const std::string id = store.keep(fd.get(), entry).id;
    if (days > 0) {
      const std::time_t then = std::time(nullptr) - days * 86400;
      const utimbuf times{then, then};
      ::utime((path() / "new" / id).c_str(), &times);
    }
    return id;
  }

  static QuarantineEntry entry(const std::string& sender) {
    QuarantineEntry entry;
    entry.time = 1795287600;
    entry.verdict = scanner::Verdict::removed;
    entry.findings = {{"Eicar-Signature", "請求書.zip", scanner::Action::remove}};
    entry.log_id = "4f2a";
    entry.envelope.client = "192.0.2.1";
    entry.envelope.sender = sender;
    entry.envelope.recipients = {"c@d.example", "e@d.example"};
    entry.envelope.mail_command = "MAIL FROM:<" + sender + "> BODY=8BITMIME";
    entry.envelope.recipient_commands = {"RCPT TO:<c@d.example>", "RCPT TO:<e@d.example> NOTIFY=NEVER"};
    return entry;
  }

  std::string message(const std::string& id) const {
    const mail::FileDescriptor fd = store.open_message(id);
    std::string text(1 << 20, '\0');
    text.resize(static_cast<std::size_t>(::read(fd.get(), text.data(), text.size())));
    return text;
  }

 private:
  static fs::path make_parent() {
    std::string name = (fs::temp_directory_path() / "quarantine-XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  const fs::path parent_ = make_parent();

 public:
  QuarantineStore store;
};

unsigned mode(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("a kept message has every byte, and its envelope every word") {
  QuarantineFolder folder;
  const std::string text("Subject: x\r\n\r\nlone \r and \n and \0 byte\r\n", 40);
  const std::string id = folder.keep(text);
  CHECK(folder.message(id) == text);
  const QuarantineEntry entry = folder.store.read(id);
  QuarantineEntry expected = QuarantineFolder::entry("a@b.example");
  expected.id = id;
  expected.size = text.size();
  CHECK(scanner::to_json(entry) == scanner::to_json(expected));
  CHECK(scanner::to_json(entry)["time"] == "2026-11-21T19:00:00Z");
}

TEST_CASE("an address that is no UTF-8 comes back as it was") {
  QuarantineFolder folder;
  const std::string sender = "caf\xe9@b.example";
  CHECK(folder.store.read(folder.keep("x", sender)).envelope.sender == sender);
}

TEST_CASE("nobody but the owner may look into the quarantine") {
  QuarantineFolder folder;
  const mode_t before = ::umask(0);
  const std::string id = folder.keep("x");
  ::umask(before);
  CHECK(mode(folder.path()) == 0700);
  for (const char* const part : {"tmp", "new", "cur", "envelopes"}) CHECK(mode(folder.path() / part) == 0700);
  CHECK(mode(folder.path() / "new" / id) == 0600);
  CHECK(mode(folder.path() / "envelopes" / (id + ".json")) == 0600);
  CHECK(fs::is_empty(folder.path() / "tmp"));
}

TEST_CASE("a message that comes again is kept once, with another envelope twice") {
  QuarantineFolder folder;
  const std::string first = folder.keep("x");
  CHECK(folder.keep("x") == first);
  CHECK(folder.keep("x", "other@b.example") != first);
  CHECK(folder.keep("y") != first);
  CHECK(folder.store.list().size() == 3);
}

TEST_CASE("a message that a mail program has opened is still found") {
  QuarantineFolder folder;
  const std::string id = folder.keep("x");
  fs::rename(folder.path() / "new" / id, folder.path() / "cur" / (id + ":2,S"));
  CHECK(folder.store.has(id));
  CHECK(folder.message(id) == "x");
  CHECK(folder.store.list().size() == 1);
  folder.store.remove(id);
  CHECK_FALSE(folder.store.has(id));
}

TEST_CASE("an id is never taken for a path") {
  QuarantineFolder folder;
  folder.keep("x");
  for (const std::string id : {"../envelopes", "/etc/passwd", "", ".", "new/x", "*"}) {
    CHECK_FALSE(folder.store.has(id));
    CHECK_THROWS_AS(folder.store.read(id), std::system_error);
    CHECK_THROWS_AS(folder.store.open_message(id), std::system_error);
    CHECK_THROWS_AS(folder.store.remove(id), std::system_error);
  }
}

TEST_CASE("an envelope that is none is told of, and the others are listed") {
  QuarantineFolder folder;
  const std::string broken = folder.keep("x");
  folder.keep("y");
  for (const char* const text : {"", "{", "[]", "{\"id\": 7}", "null"}) {
    std::ofstream(folder.path() / "envelopes" / (broken + ".json")) << text;
    CHECK_THROWS_AS(folder.store.read(broken), std::runtime_error);
    CHECK(folder.store.list().size() == 2);
  }
}

TEST_CASE("what is too old goes, then the oldest until the rest fits") {
  QuarantineFolder folder;
  const std::string old = folder.keep(std::string(100, 'a'), "a@b.example", 40);
  const std::string middle = folder.keep(std::string(100, 'b'), "a@b.example", 20);
  const std::string young = folder.keep(std::string(100, 'c'), "a@b.example", 10);
  const std::int64_t month_ago = std::time(nullptr) - std::int64_t{30} * 86400;

  QuarantineStore::Usage usage = folder.store.sweep(month_ago, 1000);
  CHECK(usage.messages == 2);
  CHECK(usage.bytes == 200);
  CHECK_FALSE(folder.store.has(old));

  usage = folder.store.sweep(month_ago, 199);
  CHECK(usage.messages == 1);
  CHECK_FALSE(folder.store.has(middle));
  CHECK(folder.store.has(young));
  CHECK(std::distance(fs::directory_iterator(folder.path() / "envelopes"), {}) == 1);
}

TEST_CASE("what a crash left over is swept, what is being written is not") {
  QuarantineFolder folder;
  const auto leave = [&](const fs::path& path, int hours) {
    std::ofstream(path) << "x";
    const std::time_t then = std::time(nullptr) - hours * 3600;
    const utimbuf times{then, then};
    ::utime(path.c_str(), &times);
    return path;
  };
  const fs::path old_draft = leave(folder.path() / "tmp" / "1", 2);
  const fs::path new_draft = leave(folder.path() / "tmp" / "2", 0);
  const fs::path old_envelope = leave(folder.path() / "envelopes" / "aa.json", 2);
  const fs::path new_envelope = leave(folder.path() / "envelopes" / "bb.json", 0);
  folder.store.sweep(0, 1000);
  CHECK_FALSE(fs::exists(old_draft));
  CHECK(fs::exists(new_draft));
  CHECK_FALSE(fs::exists(old_envelope));
  CHECK(fs::exists(new_envelope));
}

TEST_CASE("a write that fails leaves nothing behind") {
  QuarantineFolder folder;
  fs::remove_all(folder.path() / "envelopes");
  CHECK_THROWS_AS(folder.keep("x"), std::system_error);
  CHECK(fs::is_empty(folder.path() / "tmp"));
  CHECK(fs::is_empty(folder.path() / "new"));
}
