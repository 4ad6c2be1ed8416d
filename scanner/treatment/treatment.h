#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"
#include "scanner/engine/virus_scanner.h"
#include "scanner/verdict.h"

namespace scanner {

enum class UnscannablePolicy : std::uint8_t { tag, remove, reject };
enum class AmbiguousPolicy : std::uint8_t { pass, canonicalize, reject };

/// Texts of the notice: Mustache templates with {{virus}} and {{file}}, UTF-8, LF line ends.
struct NoticeTemplates {
  std::string clean;
  std::string remove;
  std::string unscannable = {};  ///< with {{reason}} in place of {{virus}}
};

struct TreatmentSettings {
  UnscannablePolicy unscannable = UnscannablePolicy::tag;
  AmbiguousPolicy ambiguous = AmbiguousPolicy::pass;
  NoticeTemplates notice;
};

/// What becomes of one message. The next hop gets `top`, then either `changed` or the original less `cut`.
struct Treatment {
  Verdict verdict = Verdict::error;
  std::vector<Finding> findings;
  std::vector<PartReport> parts;
  std::vector<std::string> unscannable;  ///< reasons, for the header and the log
  std::string reason;                    ///< why it was rejected or could not be scanned; "" otherwise
  /// X-Virus-* lines to put in front, with the message's own line ends.
  std::string top;
  /// Header lines of these names that came from outside: ascending, disjoint ranges of the original to leave
  /// out. Only where `changed` is empty.
  std::vector<mail::ByteRange> cut;
  /// The edited message without `top`, where more than header lines changed.
  std::optional<std::string> changed;
};

/// Maps, scans and, if need be, edits one message (CRLF or LF line ends, any bytes). Throws ScanError where
/// no verdict can be given; never lets through what could not be scanned.
Treatment treat(std::string_view message, VirusScanner& virus_scanner, const TreatmentSettings& settings);

}  // namespace scanner
