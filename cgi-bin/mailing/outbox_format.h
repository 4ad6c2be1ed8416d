#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cgi-bin/mailing/outbox.h"

namespace formmail {

/// What stands before the message in an entry's file: a line for each value of the envelope, then an empty
/// line.
std::string envelope_lines(const OutboxEntry& entry);

/// An entry's file. Throws NotAnEntry if it isn't one.
OutboxEntry parse_entry(std::string_view file);

/// The time in the envelope, of a file's beginning. Nothing if it isn't there. Throws as parse_entry().
std::optional<std::chrono::system_clock::time_point> time_submitted(std::string_view head);

/// Where a recipient's line begins in an entry's file; nothing if there is none. Written over with kStruck,
/// the line is no recipient's any more, and the file as long as before.
std::optional<std::size_t> place_of_recipient(std::string_view file, const mail::Address& recipient);
constexpr std::string_view kStruck = "ok";

}  // namespace formmail
