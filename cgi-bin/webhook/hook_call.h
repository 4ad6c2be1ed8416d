#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cgi-bin/webhook/curl.h"

namespace formmail {

struct HookAnswer {
  int status = 0;      ///< HTTP status; 0: no answer
  std::string reason;  ///< why there was none
  bool accepted() const { return status >= 200 && status < 300; }
};

/// `t=SECONDS,v1=HEX`: HMAC-SHA-256 under `secret` over "SECONDS.BODY". Who gets it makes the same and
/// compares; the time keeps an old call from being played again.
std::string hook_signature(std::string_view secret, std::string_view body,
                           std::chrono::system_clock::time_point time);

/// Posts the JSON `body` to `url`, signed. Whatever fails is an answer.
HookAnswer call_hook(const HookUrl& url, std::string_view id, std::string_view secret, std::string_view body,
                     const HookPolicy& policy);

}  // namespace formmail
