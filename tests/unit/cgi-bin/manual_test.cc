#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "cgi-bin/settings.h"
#include "cgi-bin/site/site.h"

namespace {

namespace fs = std::filesystem;

/// A TOML file with every default that formmail.toml(5) gives behind its heading `part`, for each table.
std::string toml_of_manual_page(const std::string& part) {
  std::ifstream in("doc/formmail.toml.5");
  REQUIRE(in);
  std::string toml;
  bool inside = false;
  bool tagged = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(".SH ")) inside = line == ".SH " + part;
    line = std::regex_replace(line, std::regex(R"(\\\(dq)"), "\"");
    line = std::regex_replace(line, std::regex(R"(\\-)"), "-");
    if (inside && line.starts_with(".SS [")) toml += line.substr(4) + "\n";
    if (inside && tagged && line.starts_with(".B ")) toml += line.substr(3) + "\n";
    tagged = line == ".TP";
  }
  return toml;
}

class Files {
 public:
  Files() {
    std::string name = (fs::temp_directory_path() / "manual-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() { fs::remove_all(folder_); }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

 private:
  fs::path folder_;
};

/// What must be set has no default that could stand.
std::string with_what_must_be_set(std::string toml) {
  toml = std::regex_replace(toml, std::regex("\"NAME\""), "\"www.customer.example\"");
  toml = std::regex_replace(toml, std::regex("from = \"\""), "from = \"f@customer.example\"");
  toml = std::regex_replace(toml, std::regex("url = \"\""), "url = \"https://hooks.example/\"");
  toml = std::regex_replace(toml, std::regex("secret = \"\""), "secret = \"0123456789abcdef\"");
  toml = std::regex_replace(toml, std::regex("\nfield = \"\""), "\nfield = \"token\"");
  return std::regex_replace(toml, std::regex("to = \\[\\]"), "to = [\"i@customer.example\"]");
}

}  // namespace

TEST_CASE("formmail.toml(5) gives the defaults of formmail.toml") {
  const Files files;
  const auto written =
      formmail::Settings::read(files.write("formmail.toml", toml_of_manual_page("FORMMAIL.TOML")));
  CHECK(written == formmail::Settings::read(files.write("formmail.toml", "")));
}

TEST_CASE("formmail.toml(5) gives the defaults of a site") {
  const Files files;
  const std::string name = "www.customer.example.toml";
  const std::string toml = with_what_must_be_set(toml_of_manual_page("SITES/NAME.TOML"));
  CAPTURE(toml);
  const auto written = formmail::Site::read(files.write(name, toml));
  CHECK(written ==
        formmail::Site::read(files.write(name,
                                         "from = \"f@customer.example\"\n[profile.NAME]\n"
                                         "to = [\"i@customer.example\"]\n[profile.NAME.autoreply]\n"
                                         "[profile.NAME.webhook]\nurl = \"https://hooks.example/\"\n"
                                         "secret = \"0123456789abcdef\"\n"
                                         "[profile.NAME.challenge]\nfield = \"token\"\n"
                                         "url = \"https://hooks.example/\"\n"
                                         "secret = \"0123456789abcdef\"\n")));
}
