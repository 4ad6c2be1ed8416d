#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "scanner/quarantine/store.h"
#include "scanner/settings.h"

namespace CLI {
class App;
}

namespace scanner {

/// Adds `scanrelay quarantine list|show|release|delete`; a run of one of them leaves its exit status in
/// `status`, which must outlive `app`.
void add_quarantine_command(CLI::App& app, int& status);

/// A line a message, a table with a head; what strangers wrote is escaped, so that a terminal can show it.
void print_quarantine(std::ostream& out, const std::vector<QuarantineEntry>& entries);

/// All that is known of a message, a line each, escaped likewise.
void print_quarantine_entry(std::ostream& out, const QuarantineEntry& entry);

/// Delivers the originals to the next hop. A recipient to whom that was done is noted at once, and left out
/// the next time; nothing is removed. Says of each message on `out` what became of it. False if one recipient
/// or more could not be reached.
bool release_from_quarantine(const QuarantineStore& store, const Settings& settings,
                             const std::vector<std::string>& ids, std::ostream& out);

}  // namespace scanner
