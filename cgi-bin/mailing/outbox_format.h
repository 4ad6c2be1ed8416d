#pragma once

#include <string>
#include <string_view>

#include "cgi-bin/mailing/outbox.h"

namespace formmail {

/// What stands before the message in an entry's file: a line for each value of the envelope, then an empty
/// line.
std::string envelope_lines(const OutboxEntry& entry);

/// An entry's file. Throws std::runtime_error if it isn't one.
OutboxEntry parse_entry(std::string_view file);

}  // namespace formmail
