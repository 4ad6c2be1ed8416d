#include "scanner/command/quarantine.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

constexpr const char* kDefaultConfig = "/etc/sekisho/scanrelay.toml";

struct Options {
  std::filesystem::path config = kDefaultConfig;
  std::vector<std::string> ids;
  bool json = false;
  bool raw = false;
};

QuarantineStore open_store(const Settings& settings) {
  const std::filesystem::path& directory = settings.quarantine.directory;
  if (directory.empty()) throw UsageError("no quarantine is kept: [quarantine] directory is not set");
  try {
    return QuarantineStore(directory);
  } catch (const std::system_error& error) {
    throw UsageError(std::string("quarantine: ") + error.what());
  }
}

QuarantineEntry read_entry(const QuarantineStore& store, const std::string& id) {
  if (!store.has(id))
    throw UsageError("no message " + id + " in the quarantine; `quarantine list` shows them");
  try {
    return store.read(id);
  } catch (const std::exception& error) {
    throw UsageError("message " + id + " has no readable envelope: " + error.what());
  }
}

void list(const QuarantineStore& store, const Options& options) {
  const std::vector<QuarantineEntry> entries = store.list();
  if (!options.json) {
    print_quarantine(std::cout, entries);
    return;
  }
  for (const QuarantineEntry& entry : entries) std::cout << to_json(entry).dump() << '\n';
}

void write_message(const QuarantineStore& store, const std::string& id) {
  const mail::FileDescriptor fd = store.open_message(id);
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer.data(), buffer.size())) > 0) std::cout.write(buffer.data(), got);
  if (got < 0) throw std::system_error(errno, std::generic_category(), "reading message " + id);
}

void show(const QuarantineStore& store, const Options& options) {
  for (const std::string& id : options.ids) {
    const QuarantineEntry entry = read_entry(store, id);
    if (options.raw) {
      write_message(store, id);
    } else if (options.json) {
      std::cout << to_json(entry).dump() << '\n';
    } else {
      print_quarantine_entry(std::cout, entry);
    }
  }
}

void remove(const QuarantineStore& store, const Options& options) {
  for (const std::string& id : options.ids) {
    if (!store.has(id)) throw UsageError("no message " + id + " in the quarantine");
  }
  for (const std::string& id : options.ids) store.remove(id);
}

/// Runs one of the above with the quarantine of the configuration.
template <class Work>
int with_store(const Options& options, const Work& work) {
  const Settings settings = read_settings(options.config);
  try {
    const bool done = work(open_store(settings), settings);
    std::cout.flush();
    if (!std::cout) throw std::system_error(errno, std::generic_category(), "standard output");
    return done ? kExitOk : kExitTempFail;
  } catch (const std::system_error& error) {
    std::cerr << "scanrelay: quarantine: " << error.what() << '\n';
    return kExitTempFail;
  }
}

}  // namespace

void add_quarantine_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* const quarantine =
      app.add_subcommand("quarantine", "look at and release the originals that are kept");
  quarantine->require_subcommand(1);
  const auto add = [&](const char* name, const char* text) {
    CLI::App* const command = quarantine->add_subcommand(name, text);
    command->add_option("--config", options->config, "the configuration file")->capture_default_str();
    return command;
  };
  const auto add_ids = [&](CLI::App* command) {
    command->add_option("ID", options->ids, "messages")->required();
  };

  CLI::App* const list_command = add("list", "list the messages, oldest first");
  list_command->add_flag("--json", options->json, "one JSON object a line");
  list_command->callback([=, &status] {
    status = with_store(*options, [&](const QuarantineStore& store, const Settings&) {
      list(store, *options);
      return true;
    });
  });

  CLI::App* const show_command = add("show", "show what is known of a message");
  add_ids(show_command);
  show_command->add_flag("--json", options->json, "as JSON");
  show_command->add_flag("--raw", options->raw, "the original itself, every byte");
  show_command->callback([=, &status] {
    status = with_store(*options, [&](const QuarantineStore& store, const Settings&) {
      show(store, *options);
      return true;
    });
  });

  CLI::App* const release_command = add("release", "deliver originals to the next hop, unscanned");
  add_ids(release_command);
  release_command->callback([=, &status] {
    status = with_store(*options, [&](const QuarantineStore& store, const Settings& settings) {
      for (const std::string& id : options->ids) read_entry(store, id);
      return release_from_quarantine(store, settings, options->ids, std::cout);
    });
  });

  CLI::App* const delete_command = add("delete", "remove messages for good");
  add_ids(delete_command);
  delete_command->callback([=, &status] {
    status = with_store(*options, [&](const QuarantineStore& store, const Settings&) {
      remove(store, *options);
      return true;
    });
  });
}

}  // namespace scanner
