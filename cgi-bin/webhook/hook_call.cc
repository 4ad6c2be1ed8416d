#include "cgi-bin/webhook/hook_call.h"

#include "cgi-bin/seal/hmac.h"

namespace formmail {

namespace {

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

}  // namespace

std::string hook_signature(std::string_view secret, std::string_view body,
                           std::chrono::system_clock::time_point time) {
  const std::string seconds = std::to_string(std::chrono::system_clock::to_time_t(time));
  return "t=" + seconds + ",v1=" + hex(hmac_sha256(secret, seconds + "." + std::string(body)));
}

HookAnswer call_hook(const HookUrl& url, std::string_view id, std::string_view secret, std::string_view body,
                     const HookPolicy& policy) {
  const std::string signature = hook_signature(secret, body, std::chrono::system_clock::now());
  const CurlAnswer answer =
      post_by_curl(url,
                   {"Content-Type: application/json", "X-Formmail-Id: " + std::string(id),
                    "X-Formmail-Signature: " + signature},
                   body, policy, AnswerBody::dropped);
  return {answer.status, answer.reason};
}

}  // namespace formmail
