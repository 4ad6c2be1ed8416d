#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scanner {

/// What was found out about a message: the metric label and the value of X-Virus-Status.
enum class Verdict : std::uint8_t {
  clean,        ///< nothing found
  cleaned,      ///< infected; every infected file was disinfected
  removed,      ///< infected; at least one file was removed
  unscannable,  ///< not fully scanned (encrypted, limits reached), nothing found in the rest
  rejected,     ///< unscannable or ambiguous, and the configuration says to reject it (550 to the client)
  error,        ///< could not be scanned now: 4xx, never passed on
};
inline constexpr int kVerdicts = 6;

std::string_view name(Verdict verdict);

enum class Action : std::uint8_t { clean, remove };

std::string_view name(Action action);

/// One attached file in which something was found, in the order of the parts.
struct Finding {
  std::string virus;  ///< as libclamav names it
  std::string file;   ///< UTF-8, made safe to show; "(no name)", "(message body)", "photos.zip/setup.exe"
  Action action = Action::remove;
};

/// One part of the MIME map, for `scan --json`.
struct PartReport {
  std::string path;        ///< "1.2.1", numbered as IMAP does (RFC 3501, 6.4.5); "" the message itself
  std::string type;        ///< "text/plain", lower case
  std::string name;        ///< file name, UTF-8; "" none
  std::uint64_t size = 0;  ///< bytes after decoding
  std::string reading;  ///< "" the plain reading; else what makes this one an alternative ("second boundary")
};

}  // namespace scanner
