#pragma once

#include <string>
#include <string_view>

#include "cgi-bin/site/site.h"
#include "cgi-bin/webhook/curl.h"

namespace formmail {

enum class ChallengeResult { passed, failed, unverified };

/// Asks the service of `challenge` whether `token` is one that it gave to a person at `client`: the
/// "siteverify" that reCAPTCHA, hCaptcha and Turnstile have in common, a POST of secret, response and
/// remoteip, answered by JSON with `success`. `why`: for the log, nothing of the visitor's in it.
ChallengeResult verify_challenge(const Challenge& challenge, std::string_view token, std::string_view client,
                                 HookPolicy policy, std::string& why);

}  // namespace formmail
