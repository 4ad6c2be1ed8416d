#include "cgi-bin/uploads/waiting_uploads.h"

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/unit/cgi-bin/mail_fixture.h"

namespace {

constexpr std::int64_t kLeastShare = 65536;

struct Uploads {
  Uploads() { settings.outbox_directory = folder.path; }
  std::optional<std::string> keep(std::string_view bytes, std::string_view client = "192.0.2.1") {
    return formmail::WaitingUploads(settings).keep(bytes, client, why);
  }
  formmail::WaitingUploads uploads() const { return formmail::WaitingUploads(settings); }

  TestFolder folder;
  formmail::Settings settings;
  std::string why;
};

}  // namespace

TEST_CASE("an upload is read by its key until it is removed") {
  Uploads test;
  const std::string bytes("\0\xFF\r\n", 4);
  const auto key = test.keep(bytes);
  REQUIRE(key);
  CHECK(test.keep(bytes) != key);
  CHECK(test.uploads().read(*key) == bytes);
  test.uploads().remove(*key);
  CHECK_FALSE(test.uploads().read(*key));
  CHECK_FALSE(test.uploads().renew(*key));
}

TEST_CASE("a key leads to no other file") {
  Uploads test;
  const auto key = test.keep("upload");
  REQUIRE(key);
  std::ofstream(test.folder.path / "secret") << "secret";
  std::ofstream(test.folder.path / "uploads" / ".hidden") << "hidden";
  std::filesystem::create_symlink("../secret", test.folder.path / "uploads" / "link");
  const std::vector<std::string> others = {"../secret",
                                           "../uploads/" + *key,
                                           "./" + *key,
                                           *key + "/",
                                           ".hidden",
                                           "link",
                                           "",
                                           ".",
                                           "..",
                                           test.folder.path / "secret",
                                           *key + std::string(1, '\0'),
                                           *key + "\n"};
  for (const std::string& other : others) {
    INFO(other);
    CHECK_FALSE(test.uploads().read(other));
  }
  test.uploads().remove("../secret");
  CHECK(std::filesystem::exists(test.folder.path / "secret"));
}

TEST_CASE("what waits too long is swept, what is renewed stays") {
  Uploads test;
  const auto old = test.keep("old");
  const auto renewed = test.keep("renewed");
  const auto fresh = test.keep("fresh");
  REQUIRE((old && renewed && fresh));
  const std::chrono::minutes life(2 * test.settings.confirm_expires_minutes);
  const auto past = std::filesystem::file_time_type::clock::now() - life - std::chrono::minutes(1);
  for (const auto& key : {*old, *renewed}) last_write_time(test.folder.path / "uploads" / key, past);
  CHECK(test.uploads().renew(*renewed));
  test.uploads().sweep();
  CHECK_FALSE(test.uploads().read(*old));
  CHECK(test.uploads().read(*renewed) == "renewed");
  CHECK(test.uploads().read(*fresh) == "fresh");
}

TEST_CASE("quotas hold for all and for one client, up to their last byte") {
  Uploads test;
  test.settings.max_waiting_upload_bytes = 4 * kLeastShare;
  test.settings.max_waiting_upload_bytes_per_client = 2 * kLeastShare;
  CHECK(test.keep("a small one takes its share"));
  CHECK(test.keep(std::string(kLeastShare, 'x')));
  CHECK_FALSE(test.keep("x"));
  CHECK(test.why == "max_waiting_upload_bytes_per_client is reached");
  CHECK(test.keep(std::string(2 * kLeastShare, 'x'), "192.0.2.2"));
  CHECK_FALSE(test.keep("x", "192.0.2.3"));
  CHECK(test.why == "max_waiting_upload_bytes is reached");
}

TEST_CASE("a quota is exact for those who upload at the same time") {
  constexpr int kRoom = 20;
  constexpr int kSize = 1 << 20;
  Uploads test;
  test.settings.max_waiting_upload_bytes_per_client = std::int64_t{kRoom} * kSize;
  const std::string bytes(kSize, 'x');
  std::atomic<int> kept = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      formmail::WaitingUploads uploads = test.uploads();
      std::string why;
      for (int j = 0; j < 10; ++j)
        if (const auto key = uploads.keep(bytes, "192.0.2.1", why)) kept += uploads.read(*key) == bytes;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(kept == kRoom);
  CHECK(test.keep("x", "192.0.2.2"));
}

TEST_CASE("an upload from before the clock was set back is swept") {
  Uploads test;
  const auto key = test.keep("x");
  REQUIRE(key);
  const std::chrono::minutes life(2 * test.settings.confirm_expires_minutes);
  const auto future = std::filesystem::file_time_type::clock::now() + life + std::chrono::minutes(1);
  last_write_time(test.folder.path / "uploads" / *key, future);
  test.uploads().sweep();
  CHECK_FALSE(test.uploads().read(*key));
}
