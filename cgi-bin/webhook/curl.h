#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/webhook/hook_url.h"

namespace formmail {

/// How addresses from sites' files may be called; the hoster's settings.
struct HookPolicy {
  std::vector<std::string> allowed_networks;  ///< that may be called though they aren't public
  std::filesystem::path certificates;         ///< PEM file of trusted CAs; "" the system's
  std::chrono::seconds timeout{10};           ///< of the whole call
};

struct CurlAnswer {
  int status = 0;      ///< HTTP status; 0: no answer
  std::string reason;  ///< what went wrong
  std::string body;    ///< less than 64 kB: a longer one is no answer
};

/// Whether the caller reads the answer's body. Where none does, its length says nothing of the call.
enum class AnswerBody { kept, dropped };

/// Posts `body` to `url` with header lines of the caller's. The host is resolved once and judged; redirects
/// are answers, not followed; no proxy is asked. Whatever fails is an answer.
///
/// The call is made by curl(1) as a process of its own: a TLS library in formmail would be loaded for each
/// CGI request, and what parses the answer of a stranger's server holds nothing of this one.
CurlAnswer post_by_curl(const HookUrl& url, const std::vector<std::string>& headers, std::string_view body,
                        const HookPolicy& policy, AnswerBody answer_body);

}  // namespace formmail
