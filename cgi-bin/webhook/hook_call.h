#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/webhook/hook_url.h"

namespace formmail {

/// How webhooks may be called; the hoster's settings.
struct HookPolicy {
  std::vector<std::string> allowed_networks;  ///< that may be called though they aren't public
  std::filesystem::path certificates;         ///< PEM file of trusted CAs; "" the system's
  std::chrono::seconds timeout{10};           ///< of the whole call
};

struct HookAnswer {
  int status = 0;      ///< HTTP status; 0: no answer
  std::string reason;  ///< why there was none
  bool accepted() const { return status >= 200 && status < 300; }
};

/// `t=SECONDS,v1=HEX`: HMAC-SHA-256 under `secret` over "SECONDS.BODY". Who gets it makes the same and
/// compares; the time keeps an old call from being played again.
std::string hook_signature(std::string_view secret, std::string_view body,
                           std::chrono::system_clock::time_point time);

/// Posts the JSON `body` to `url`, signed. The host is resolved once and judged; redirects are answers, not
/// followed; no proxy is asked. Whatever fails is an answer.
///
/// The call is made by curl(1) as a process of its own: a TLS library in formmail would be loaded for each
/// CGI request, and what parses the answer of a stranger's server holds nothing of this one.
HookAnswer call_hook(const HookUrl& url, std::string_view id, std::string_view secret, std::string_view body,
                     const HookPolicy& policy);

}  // namespace formmail
