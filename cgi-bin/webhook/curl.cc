#include "cgi-bin/webhook/curl.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "cgi-bin/webhook/child.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

mail::FileDescriptor memory_file(std::string_view bytes) {
  mail::FileDescriptor file(::memfd_create("request", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// curl(1), EXIT CODES: those that a hoster meets.
std::string reason_of(int status) {
  switch (status) {
    case -1:
      return "out of time";
    case 7:
      return "can't connect";
    case 28:
      return "out of time";
    case 35:
      return "TLS handshake failed";
    case 60:
      return "certificate not trusted";
    case 127:
      return "curl is not installed";
    default:
      return "curl ended with status " + std::to_string(status);
  }
}

std::vector<std::string> arguments_for(const HookUrl& url, const std::string& address,
                                       const std::vector<std::string>& headers, const HookPolicy& policy,
                                       AnswerBody answer_body) {
  const std::string seconds = std::to_string(policy.timeout.count());
  const std::string target = address.find(':') == std::string::npos ? address : "[" + address + "]";
  std::vector<std::string> arguments = {"curl",
                                        "--disable",  // no .curlrc
                                        "--silent",      "--globoff",
                                        "--noproxy",     "*",
                                        "--proto",       url.tls ? "=https" : "=http",
                                        "--max-redirs",  "0",
                                        "--max-time",    seconds,
                                        "--connect-to",  "::" + target + ":" + url.port,
                                        "--request",     "POST",
                                        "--header",      "User-Agent: formmail",
                                        "--header",      "Expect:",
                                        "--data-binary", "@-",
                                        "--write-out",   "\n%{http_code}"};
  for (const std::string& header : headers) arguments.insert(arguments.end(), {"--header", header});
  if (!policy.certificates.empty()) {
    arguments.insert(arguments.end(), {"--cacert", policy.certificates.string()});
  }
  if (answer_body == AnswerBody::dropped) arguments.insert(arguments.end(), {"--output", "/dev/null"});
  arguments.insert(arguments.end(), {"--url", url.text});
  return arguments;
}

}  // namespace

CurlAnswer post_by_curl(const HookUrl& url, const std::vector<std::string>& headers, std::string_view body,
                        const HookPolicy& policy, AnswerBody answer_body) {
  constexpr std::size_t kMostAnswer = 65536;
  const auto deadline = std::chrono::steady_clock::now() + policy.timeout;
  CurlAnswer answer;
  const std::optional<std::string> address =
      permitted_address(url, policy.allowed_networks, deadline, answer.reason);
  if (!address) return answer;
  const mail::FileDescriptor input = memory_file(body);
  if (!input) return {0, std::strerror(errno), ""};
  // curl(1) keeps the time itself, and says so.
  const auto [status, output] = run_child(arguments_for(url, *address, headers, policy, answer_body),
                                          input.get(), deadline + std::chrono::seconds(1), kMostAnswer);
  const std::size_t last_line = output.rfind('\n');
  if (last_line != std::string::npos && output.size() < kMostAnswer) {
    std::from_chars(output.data() + last_line + 1, output.data() + output.size(), answer.status);
    answer.body = output.substr(0, last_line);
  }
  if (output.size() >= kMostAnswer) answer.reason = "the answer is too long";
  if (status != 0 && answer.reason.empty()) answer.reason = reason_of(status);
  return answer;
}

}  // namespace formmail
