#include "cgi-bin/seal/secret.h"
#include "cgi-bin/state/state_error.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <thread>

TEST_CASE("threads that start at once all get one secret") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("secret-test-" + std::to_string(getpid()));
  for (int round = 0; round < 20; ++round) {
    std::vector<formmail::Secret> secrets(8);
    std::vector<std::string> errors(8);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      threads.emplace_back([&, i] {
        try {
          secrets[i] = formmail::site_secret(folder);
        } catch (const formmail::StateError& error) {
          errors[i] = error.what();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::set<std::string>(errors.begin(), errors.end()) == std::set<std::string>{""});
    CHECK(std::set<formmail::Secret>(secrets.begin(), secrets.end()).size() == 1);
    CHECK(secrets[0] != formmail::Secret{});
    struct stat status {};
    REQUIRE(::stat((folder / "secret").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
    std::filesystem::remove_all(folder);
  }
}

TEST_CASE("a folder that can't be made is an error with its name") {
  CHECK_THROWS_WITH(formmail::site_secret("/proc/none"), Catch::Contains("/proc/none/secret"));
}
