#include "cgi-bin/guard/challenge.h"

#include <nlohmann/json.hpp>

namespace formmail {

namespace {

/// application/x-www-form-urlencoded (WHATWG URL 5.2)
std::string urlencoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    if (plain) out += c;
    if (!plain) out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

}  // namespace

ChallengeResult verify_challenge(const Challenge& challenge, std::string_view token, std::string_view client,
                                 HookPolicy policy, std::string& why) {
  constexpr std::size_t kLongestToken = 8192;
  why = "no answer to it";
  if (token.empty() || token.size() > kLongestToken) return ChallengeResult::failed;
  policy.timeout = std::chrono::seconds(challenge.timeout_seconds);
  const std::string body = "secret=" + urlencoded(challenge.secret) + "&response=" + urlencoded(token) +
                           "&remoteip=" + urlencoded(client);
  const CurlAnswer answer =
      post_by_curl(HookUrl::parse(challenge.url).value(), {"Content-Type: application/x-www-form-urlencoded"},
                   body, policy, AnswerBody::kept);
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const bool told =
      answer.status == 200 && json.is_object() && json.contains("success") && json["success"].is_boolean();
  if (!told) {
    why = answer.status == 0 ? answer.reason : "status " + std::to_string(answer.status);
    return ChallengeResult::unverified;
  }
  if (json["success"].get<bool>()) return ChallengeResult::passed;
  why = json.contains("error-codes") ? json["error-codes"].dump().substr(0, 200) : "refused";
  return ChallengeResult::failed;
}

}  // namespace formmail
