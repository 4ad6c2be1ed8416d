#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "scanner/front/observer.h"
#include "scanner/verdict.h"

namespace scanner {

/// What the quarantine knows of a message besides its bytes: the file envelopes/ID.json.
struct QuarantineEntry {
  std::string id;         ///< lower-case hexadecimal digits, from what the message and its envelope are
  std::int64_t time = 0;  ///< when it was kept; seconds since 1970
  std::uint64_t size = 0;
  Verdict verdict = Verdict::error;
  bool set_aside = false;  ///< it had ended its workers; the client was told to try again
  std::vector<Finding> findings;
  std::vector<std::string> unscannable;
  std::string reason;
  std::string log_id;  ///< the message's name in the log
  Envelope envelope;
  std::set<std::string> released;  ///< those of the recipients that a release has delivered to

  bool fully_released() const;
};

/// Bytes that are no UTF-8 (an address may have them) become {"hex": "..."}, so that nothing of an envelope
/// is lost. Throws nothing.
nlohmann::json to_json(const QuarantineEntry& entry);

/// Throws std::runtime_error on JSON that to_json() has not written.
QuarantineEntry entry_of_json(const nlohmann::json& json);

/// "2026-11-21T19:00:00Z".
std::string utc_time(std::int64_t seconds_since_1970);

}  // namespace scanner
