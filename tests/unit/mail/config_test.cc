#include "mail/config.h"

#include <unistd.h>

#include <fstream>

namespace {

/// A configuration file of the given text, removed with the object.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("config-test-" + std::to_string(getpid()) + ".toml")) {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  mail::ConfigTable read() const { return mail::ConfigTable::read(path_); }
  std::string at(int line, const std::string& message) const {
    return path_.string() + ":" + std::to_string(line) + ": " + message;
  }
  std::filesystem::path folder() const { return path_.parent_path(); }

 private:
  std::filesystem::path path_;
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const mail::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("values are read, defaults stand in for what is missing") {
  const ConfigFile file("name = \"a\"\n[smtp]\nlisten = [\"x\", \"y\"]\nsize = 5\ntls = true\nbox = \"m\"\n");
  auto top = file.read();
  auto smtp = top.table("smtp");
  CHECK(top.text("name", "") == "a");
  CHECK(smtp.texts("listen", {}) == std::vector<std::string>{"x", "y"});
  CHECK(smtp.integer("size", 1, 0, 9) == 5);
  CHECK(smtp.flag("tls", false));
  CHECK(smtp.path("box", "") == file.folder() / "m");
  CHECK(smtp.integer("workers", 3, 0, 9) == 3);
  CHECK(top.table("none").text("x", "y") == "y");
  CHECK_NOTHROW(top.finish());
}

TEST_CASE("a file that can't be read is no empty configuration") {
  for (const std::string path : {"/nonexistent/x.toml", "/", "/proc/self/mem"}) {
    INFO(path);
    CHECK_THAT(error_of([&] { mail::ConfigTable::read(path); }), Catch::StartsWith(path + ": "));
  }
}

TEST_CASE("named tables come in the order of the file") {
  const ConfigFile file("[profile.Zebra]\na = 1\n[profile.Contact]\na = 2\n");
  auto top = file.read();
  const auto profiles = top.tables("profile");
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0].first == "Zebra");
  CHECK(profiles[1].first == "Contact");
  CHECK(error_of([&] { top.finish(); }) ==
        file.at(2, "unknown key \"a\" in [profile.Zebra]; expected one of:"));
}

TEST_CASE("a typo is named with its line and the nearest key") {
  const ConfigFile file("[smtp]\nlistn = [\"x\"]\n");
  auto top = file.read();
  top.table("smtp").texts("listen", {});
  CHECK(error_of([&] { top.finish(); }) ==
        file.at(2, "unknown key \"listn\" in [smtp]; did you mean \"listen\"?"));
}

TEST_CASE("a key that must be there and is misspelt is named where it stands") {
  const ConfigFile file("[profile.Contact]\ncc = [\"b\"]\nTo = [\"a\"]\n");
  auto table = file.read().table("profile").table("Contact");
  table.texts("to", {});
  CHECK(error_of([&] { table.fail("to", "must name a recipient"); }) ==
        file.at(3, "unknown key \"To\" in [profile.Contact]; did you mean \"to\"?"));
  const ConfigFile without("[profile.Contact]\ncc = [\"b\"]\n");
  auto other = without.read().table("profile").table("Contact");
  CHECK(error_of([&] { other.fail("to", "must name a recipient"); }) ==
        without.at(1, "profile.Contact.to must name a recipient"));
}

TEST_CASE("a wrong type, a wrong range and a wrong word are named with what was expected") {
  const ConfigFile file("size = \"big\"\nbare = \"x\"\n\ncount = 99\n");
  auto top = file.read();
  CHECK(error_of([&] { top.integer("size", 1, 0, 9); }) ==
        file.at(1, "size must be a whole number from 0 to 9"));
  CHECK(error_of([&] { top.choice("bare", "a", {"a", "b"}); }) == file.at(2, "bare must be \"a\" or \"b\""));
  CHECK(error_of([&] { top.integer("count", 1, 0, 9); }) ==
        file.at(4, "count must be a whole number from 0 to 9"));
}

TEST_CASE("a syntax error has its line, a missing file its name") {
  const ConfigFile file("a = 1\nb = = 2\n");
  CHECK_THAT(error_of([&] { file.read(); }), Catch::StartsWith(file.at(2, "")));
  CHECK_THAT(error_of([] { mail::ConfigTable::read("/nonexistent/x.toml"); }),
             Catch::StartsWith("/nonexistent/x.toml: "));
}
