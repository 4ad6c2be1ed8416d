#pragma once

#include <stdexcept>

namespace scanner {

/// Exit statuses of every scanrelay command.
enum ExitStatus : int {
  kExitOk = 0,        ///< done; of `scan`: nothing found
  kExitChanged = 1,   ///< of `scan`: the message was changed or is unscannable
  kExitUsage = 2,     ///< usage, configuration, signatures, a file that can't be read
  kExitTempFail = 75  ///< EX_TEMPFAIL of sysexits(3): could not be done now
};

/// What the administrator gave can't be worked with; what() is one line that says what to do. Ends a command
/// with kExitUsage.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace scanner
