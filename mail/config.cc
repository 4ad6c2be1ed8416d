#include "mail/config.h"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>

#include "mail/file_descriptor.h"

namespace mail {

namespace {

struct ConfigDocument {
  std::filesystem::path path;
  toml::table root;
};

std::string at(const ConfigDocument& document, const toml::source_region& source) {
  std::string where = document.path.string();
  if (source.begin.line != 0) where += ":" + std::to_string(source.begin.line);
  return where + ": ";
}

std::string in_quotes(std::string_view word) {
  std::string quote(1, '"');
  return quote.append(word).append(1, '"');
}

std::string read_text(const std::filesystem::path& file) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t got = fd ? 1 : -1;
  while (got > 0 && (got = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (got < 0) throw ConfigError(file.string() + ": " + std::generic_category().message(errno));
  return text;
}

/// Levenshtein distance, for "did you mean". Keys are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

}  // namespace

struct ConfigTable::Node {
  std::shared_ptr<ConfigDocument> document;
  const toml::table* table;  // null: the file has no such table
  std::string name;          // "smtp", "profile.Contact"; empty at the top
  std::set<std::string, std::less<>> known;
  std::vector<std::shared_ptr<Node>> below;

  [[noreturn]] void mismatch(const toml::node& value, std::string_view key, std::string_view expected) const {
    throw ConfigError(at(*document, value.source()) + full_name(key) + " must be " + std::string(expected));
  }
  std::string full_name(std::string_view key) const {
    return name.empty() ? std::string(key) : name + "." + std::string(key);
  }
  const toml::node* find(std::string_view key) {
    known.emplace(key);
    return table == nullptr ? nullptr : table->get(key);
  }
  /// Throws for a key that nobody asked for; `meant`: "" where none is near it.
  [[noreturn]] void unknown(const toml::key& key, std::string_view meant) const {
    std::string message = "unknown key " + in_quotes(key.str());
    if (!name.empty()) message += " in [" + name + "]";
    if (!meant.empty()) {
      message += "; did you mean " + in_quotes(meant) + "?";
    } else {
      message += "; expected one of:";
      for (const std::string& word : known) message += " " + word;
    }
    throw ConfigError(at(*document, key.source()) + message);
  }
  /// What somebody wrote for a key that is missing; null if nothing is as near as a slip of the fingers.
  const toml::key* misspelt(std::string_view missing) const {
    if (table == nullptr || table->contains(missing)) return nullptr;
    const std::size_t most = std::clamp<std::size_t>(missing.size() / 2, 1, 2);
    const auto found = std::find_if(table->begin(), table->end(), [&](const auto& entry) {
      return !known.contains(entry.first.str()) && distance(entry.first.str(), missing) <= most;
    });
    return found == table->end() ? nullptr : &found->first;
  }
  std::shared_ptr<Node> child(const toml::table* child_table, std::string_view key) {
    below.push_back(std::make_shared<Node>(Node{document, child_table, full_name(key), {}, {}}));
    return below.back();
  }
};

ConfigTable::ConfigTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

ConfigTable ConfigTable::read(const std::filesystem::path& file) {
  auto document = std::make_shared<ConfigDocument>();
  document->path = file;
  try {
    document->root = toml::parse(read_text(file), file.string());
  } catch (const toml::parse_error& error) {
    throw ConfigError(at(*document, error.source()) + std::string(error.description()));
  }
  const toml::table* root = &document->root;
  return ConfigTable(std::make_shared<Node>(Node{std::move(document), root, "", {}, {}}));
}

bool ConfigTable::has(std::string_view key) const { return node_->find(key) != nullptr; }

std::string ConfigTable::text(std::string_view key, std::string_view fallback) {
  const toml::node* value = node_->find(key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) node_->mismatch(*value, key, "a text in quotes");
  return value->as_string()->get();
}

std::string ConfigTable::choice(std::string_view key, std::string_view fallback,
                                const std::vector<std::string_view>& allowed) {
  std::string value = text(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  std::string expected;
  for (const std::string_view word : allowed) expected += (expected.empty() ? "" : " or ") + in_quotes(word);
  fail(key, "must be " + expected);
}

std::vector<std::string> ConfigTable::texts(std::string_view key, std::vector<std::string> fallback) {
  const toml::node* value = node_->find(key);
  if (value == nullptr) return fallback;
  if (!value->is_array()) node_->mismatch(*value, key, "a list of texts: [\"...\"]");
  std::vector<std::string> list;
  for (const toml::node& element : *value->as_array()) {
    if (!element.is_string()) node_->mismatch(element, key, "a list of texts: [\"...\"]");
    list.push_back(element.as_string()->get());
  }
  return list;
}

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                                  std::int64_t most) {
  const toml::node* value = node_->find(key);
  if (value == nullptr) return fallback;
  const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value->is_integer()) node_->mismatch(*value, key, expected);
  const std::int64_t number = value->as_integer()->get();
  if (number < least || number > most) node_->mismatch(*value, key, expected);
  return number;
}

bool ConfigTable::flag(std::string_view key, bool fallback) {
  const toml::node* value = node_->find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) node_->mismatch(*value, key, "true or false");
  return value->as_boolean()->get();
}

std::filesystem::path ConfigTable::path(std::string_view key, std::string_view fallback) {
  const std::string value = text(key, fallback);
  return value.empty() ? std::filesystem::path() : node_->document->path.parent_path() / value;
}

std::vector<std::filesystem::path> ConfigTable::paths(std::string_view key,
                                                      const std::vector<std::string>& fallback) {
  std::vector<std::filesystem::path> list;
  for (const std::string& value : texts(key, fallback)) {
    list.push_back(node_->document->path.parent_path() / value);
  }
  return list;
}

ConfigTable ConfigTable::table(std::string_view key) {
  const toml::node* value = node_->find(key);
  if (value != nullptr && !value->is_table()) {
    node_->mismatch(*value, key, "a table: [" + node_->full_name(key) + "]");
  }
  return ConfigTable(node_->child(value == nullptr ? nullptr : value->as_table(), key));
}

std::vector<std::pair<std::string, ConfigTable>> ConfigTable::tables(std::string_view key) {
  ConfigTable parent = table(key);
  std::vector<std::pair<std::string, ConfigTable>> list;
  if (parent.node_->table == nullptr) return list;
  std::vector<std::pair<toml::source_position, std::string>> names;
  for (const auto& [name, value] : *parent.node_->table) names.emplace_back(value.source().begin, name.str());
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [position, name] : names) list.emplace_back(name, parent.table(name));
  return list;
}

void ConfigTable::finish() const {
  const Node& node = *node_;
  if (node.table != nullptr) {
    for (const auto& [key, value] : *node.table) {
      if (node.known.contains(key.str())) continue;
      const auto nearest = std::min_element(node.known.begin(), node.known.end(),
                                            [unknown = key.str()](const auto& a, const auto& b) {
                                              return distance(a, unknown) < distance(b, unknown);
                                            });
      const bool near = nearest != node.known.end() && distance(*nearest, key.str()) <= 3;
      node.unknown(key, near ? std::string_view(*nearest) : std::string_view());
    }
  }
  for (const auto& child : node.below) ConfigTable(child).finish();
}

void ConfigTable::fail(std::string_view key, std::string_view message) const {
  if (const toml::key* misspelt = node_->misspelt(key)) node_->unknown(*misspelt, key);
  throw ConfigError(told(key, message));
}

std::string ConfigTable::told(std::string_view key, std::string_view message) const {
  const toml::node* value = node_->find(key);
  const toml::source_region where = value != nullptr          ? value->source()
                                    : node_->table != nullptr ? node_->table->source()
                                                              : toml::source_region{};
  return at(*node_->document, where) + node_->full_name(key) + " " + std::string(message);
}

}  // namespace mail
