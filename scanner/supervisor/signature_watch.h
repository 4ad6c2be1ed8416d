#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "scanner/settings.h"

namespace scanner {

/// Looks every few seconds whether there are other signature files than those that an engine loaded.
class SignatureWatch {
 public:
  /// The fingerprint() of the files, if it is not `loaded`, they have been left alone since the look before,
  /// and they are not those that were refused.
  std::optional<std::string> news(const Settings::Scanner& settings, const std::string& loaded);

  /// Files that are known not to load are no news. "": none.
  void refuse(std::string files) { refused_ = std::move(files); }

 private:
  std::chrono::steady_clock::time_point next_look_{};
  std::string last_seen_;
  std::string refused_;
};

}  // namespace scanner
