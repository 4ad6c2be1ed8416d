#include "cgi-bin/state/state_store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cgi-bin/state/state_error.h"
#include "tests/unit/cgi-bin/test_folder.h"

using formmail::make_sqlite_store;
using Claim = formmail::StateStore::Claim;

namespace {

using namespace std::chrono_literals;
const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1800000000));
const auto kLater = kNow + 1h;

}  // namespace

TEST_CASE("a number is one sender's, then used up") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  const auto other = make_sqlite_store(folder.path, mail::Log("test"));
  const std::string number("\0n\xff", 3);
  CHECK(store->claim(number, kNow, kLater) == Claim::mine);
  CHECK(other->claim(number, kNow, kLater) == Claim::taken);
  CHECK_FALSE(other->is_finished(number));
  store->finish(number);
  CHECK(other->is_finished(number));
  CHECK(other->claim(number, kNow, kLater) == Claim::finished);
  store->release(number);
  CHECK(other->claim(number, kNow, kLater) == Claim::finished);
  CHECK(other->claim("another", kNow, kLater) == Claim::mine);
}

TEST_CASE("a number that was let go, or whose holder died, is free again") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  CHECK(store->claim("a", kNow, kLater) == Claim::mine);
  store->release("a");
  CHECK(store->claim("a", kNow, kLater) == Claim::mine);

  const pid_t child = fork();
  if (child == 0) {
    const auto own = make_sqlite_store(folder.path, mail::Log("test"));
    _exit(own->claim("b", kNow, kLater) == Claim::mine ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  REQUIRE(status == 0);
  CHECK(store->claim("b", kNow, kLater) == Claim::mine);

  CHECK(store->claim("c", kNow, kLater) == Claim::mine);
  CHECK(store->claim("c", kNow + 14min, kLater) == Claim::taken);
  CHECK(store->claim("c", kNow + 16min, kLater) == Claim::mine);
}

TEST_CASE("numbers are forgotten after their time") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  store->claim("old", kNow, kNow + 1min);
  store->finish("old");
  store->claim("new", kNow + 2min, kLater);
  CHECK_FALSE(store->is_finished("old"));
}

TEST_CASE("a limit slides") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(store->count({{"k", 3}}, 1h, kNow + i * 10min));
  CHECK(store->count({{"k", 3}}, 1h, kNow + 30min));
  CHECK(store->reached({{"k", 3}}, 1h, kNow + 59min));
  CHECK_FALSE(store->reached({{"k", 3}}, 1h, kNow + 61min));
  CHECK_FALSE(store->count({{"k", 3}}, 1h, kNow + 61min));
  CHECK(store->count({{"k", 3}}, 1h, kNow + 62min));
  CHECK_FALSE(store->count({{"other", 3}}, 1h, kNow));
}

TEST_CASE("several limits count together or not at all") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  CHECK_FALSE(store->count({{"few", 1}}, 1h, kNow));
  for (int i = 0; i < 5; ++i) CHECK(store->count({{"many", 2}, {"few", 1}}, 1h, kNow));
  CHECK_FALSE(store->count({{"many", 2}}, 1h, kNow));
  CHECK_FALSE(store->count({{"many", 2}}, 1h, kNow));
  CHECK(store->count({{"many", 2}}, 1h, kNow));
}

TEST_CASE("a clock that is set back frees what it counted in the future") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  CHECK_FALSE(store->count({{"k", 1}}, 1h, kNow + 24h));
  CHECK_FALSE(store->count({{"k", 1}}, 1h, kNow));
  CHECK(store->count({{"k", 1}}, 1h, kNow));
  CHECK(store->count({{"k", 1}}, 1h, kNow - 1s));
}

TEST_CASE("a store that a newer program wrote is refused and stays as it is") {
  const TestFolder folder;
  make_sqlite_store(folder.path, mail::Log("test"))->claim("n", kNow, kLater);
  const std::string file = folder.path / "state.db";
  const auto user_version = [&](const std::string& pragma) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    std::string version;
    const auto keep = [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) = values[0];
      return 0;
    };
    CHECK(sqlite3_exec(db, pragma.c_str(), keep, &version, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    return version;
  };
  user_version("PRAGMA user_version=99");
  CHECK_THROWS_AS(make_sqlite_store(folder.path, mail::Log("test"))->claim("m", kNow, kLater),
                  formmail::StateError);
  CHECK(user_version("PRAGMA user_version") == "99");
}

TEST_CASE("processes that open a new store at once all get it") {
  for (int round = 0; round < 20; ++round) {
    const TestFolder folder;
    std::vector<pid_t> children;
    for (int child = 0; child < 8; ++child) {
      children.push_back(fork());
      if (children.back() != 0) continue;
      try {
        make_sqlite_store(folder.path, mail::Log("test"))->claim(std::to_string(child), kNow, kLater);
      } catch (const formmail::StateError&) {
        _exit(1);
      }
      _exit(0);
    }
    for (const pid_t child : children) {
      int status = -1;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
  }
}

TEST_CASE("however many numbers there are, little memory is kept for them") {
  const TestFolder folder;
  const auto before = sqlite3_memory_used();
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  for (int i = 0; i < 20000; ++i) store->claim("a number of some length, " + std::to_string(i), kNow, kLater);
  CHECK(std::filesystem::file_size(folder.path / "state.db") > 1500000);
  CHECK(sqlite3_memory_used() - before < 1000000);
}

TEST_CASE("what was taken back does not count") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  const std::vector<formmail::StateStore::Limit> limits = {{"a", 2}, {"b", 9}};
  CHECK_FALSE(store->count(limits, 1h, kNow));
  CHECK_FALSE(store->count(limits, 1h, kNow));
  CHECK(store->count(limits, 1h, kNow));
  store->take_back(limits, kNow);
  CHECK_FALSE(store->count(limits, 1h, kNow));
  CHECK(store->count(limits, 1h, kNow));
}

TEST_CASE("a claim from before the clock was set back is free") {
  const TestFolder folder;
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  CHECK(store->claim("a", kNow + 24h, kLater + 48h) == Claim::mine);
  CHECK(store->claim("a", kNow, kLater) == Claim::mine);
  CHECK(store->claim("a", kNow, kLater) == Claim::taken);
}

TEST_CASE("a damaged database is replaced, by one of those who use it") {
  const TestFolder folder;
  const auto file = folder.path / "state.db";
  const auto store = make_sqlite_store(folder.path, mail::Log("test"));
  const auto other = make_sqlite_store(folder.path, mail::Log("test"));
  store->claim("a", kNow, kLater);
  other->claim("b", kNow, kLater);
  SECTION("overwritten") { std::ofstream(file) << std::string(50000, 'x'); }
  SECTION("in the middle") {
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(4096);
    damaged << std::string(4096 * 4, 'x');
    std::filesystem::remove(file.string() + "-wal");
  }
  SECTION("removed") {
    std::filesystem::remove(file);
    std::filesystem::remove(file.string() + "-wal");
    std::filesystem::remove(file.string() + "-shm");
  }
  CHECK(store->claim("c", kNow, kLater) == Claim::mine);
  CHECK(other->claim("c", kNow, kLater) == Claim::taken);
  store->finish("c");
  CHECK(other->is_finished("c"));
}
