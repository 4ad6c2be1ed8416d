#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail {

/// A mistake in a configuration file. what() is "FILE:LINE: what is wrong, and what was expected".
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One table of a TOML 1.0 file, read strictly: a value of the wrong type or out of range throws ConfigError,
/// and finish() throws on a key that nobody asked for, so that a typo can't pass for a default.
///
/// Copies are cheap and share the parsed file.
class ConfigTable {
 public:
  /// Reads and parses the file. Throws ConfigError (also if it can't be read).
  static ConfigTable read(const std::filesystem::path& file);

  bool has(std::string_view key) const;

  std::string text(std::string_view key, std::string_view fallback);
  /// One of `allowed`.
  std::string choice(std::string_view key, std::string_view fallback,
                     const std::vector<std::string_view>& allowed);
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  bool flag(std::string_view key, bool fallback);
  /// A path; a relative one is taken from the file's folder. "" stays "".
  std::filesystem::path path(std::string_view key, std::string_view fallback);
  std::vector<std::filesystem::path> paths(std::string_view key, const std::vector<std::string>& fallback);

  /// The table under `key`; an empty one where there is none.
  ConfigTable table(std::string_view key);
  /// Each table under `key` with its name: [key.NAME]; in the order of the file.
  std::vector<std::pair<std::string, ConfigTable>> tables(std::string_view key);

  /// Throws on the first key, here or in a table below that was asked for, that no call above has named.
  void finish() const;

  /// For checks of a value's meaning: throws ConfigError at the line of `key` (of the table, if it has none).
  /// Where the key is missing and a misspelt one stands in its place, that is told instead.
  [[noreturn]] void fail(std::string_view key, std::string_view message) const;
  /// The same text for who goes on behind a mistake: "FILE:LINE: KEY MESSAGE".
  std::string told(std::string_view key, std::string_view message) const;

 private:
  struct Node;
  explicit ConfigTable(std::shared_ptr<Node> node);
  std::shared_ptr<Node> node_;
};

}  // namespace mail
