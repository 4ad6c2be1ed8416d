#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "scanner/settings.h"

namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The page's section headings and tagged `key = value` lines: a TOML file with every default.
std::string toml_of_manual_page() {
  std::string toml;
  bool tagged = false;
  for (std::string line : lines_of("doc/scanrelay.toml.5")) {
    line = std::regex_replace(line, std::regex(R"(\\\(dq)"), "\"");
    if (line.starts_with(".SS [")) toml += line.substr(4) + "\n";
    if (tagged && line.starts_with(".B ") && line.find(" = ") != std::string::npos) {
      toml += line.substr(3) + "\n";
    }
    tagged = line == ".TP";
  }
  return toml;
}

/// "smtp.listen" for each field of scanner::Settings, as its header declares them.
std::set<std::string> fields_of_settings() {
  const std::regex member(R"(^    \S+ (\w+)( = .*)?;.*)");
  const std::regex last_line(R"(^  \} (\w+);)");
  std::set<std::string> fields;
  std::vector<std::string> of_this_table;
  for (const std::string& line : lines_of("scanner/settings.h")) {
    std::smatch match;
    if (std::regex_match(line, match, member) && match[1] != "operator") of_this_table.push_back(match[1]);
    if (!std::regex_match(line, match, last_line)) continue;
    for (const std::string& field : of_this_table) fields.insert(match[1].str() + "." + field);
    of_this_table.clear();
  }
  return fields;
}

std::set<std::string> keys_of(const std::string& toml) {
  std::set<std::string> keys;
  std::istringstream in(toml);
  std::string table;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("[")) {
      table = line.substr(1, line.find(']') - 1);
    } else {
      keys.insert(table + "." + line.substr(0, line.find(' ')));
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("scanrelay.toml(5) gives the default of every key") {
  std::string name = (fs::temp_directory_path() / "manual-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  const fs::path file = folder / "scanrelay.toml";
  std::ofstream(file) << toml_of_manual_page();
  scanner::Settings expected;
  expected.next_hop.deliver = "maildir:" + (folder / "./Maildir").string();
  CHECK(scanner::read_settings(file) == expected);
  fs::remove_all(folder);
}

TEST_CASE("scanrelay.toml(5) has every key") {
  std::set<std::string> fields = fields_of_settings();
  // The only flag that the file writes as a word.
  CHECK(fields.erase("smtp.normalize_bare_newline") == 1);
  fields.insert("smtp.bare_newline");
  CHECK(keys_of(toml_of_manual_page()) == fields);
}
