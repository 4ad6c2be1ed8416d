#include "cgi-bin/mailing/relay.h"

#include <unistd.h>

#include <array>
#include <stdexcept>

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSlow{3};
constexpr std::chrono::seconds kPause{30};

mail::SmtpEndpoint endpoint(std::string_view server) {
  auto parsed = mail::SmtpEndpoint::parse(server);
  if (!parsed) throw std::invalid_argument("relay server must be HOST:PORT: " + std::string(server));
  return *std::move(parsed);
}

/// This host's name, or an address literal where it has no name that EHLO allows (RFC 5321, 4.1.3).
std::string helo_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "[127.0.0.1]";
  return mail::ascii_domain(name.data()).value_or("[127.0.0.1]");
}

}  // namespace

Relay::Relay(std::string_view server) : server_(endpoint(server)), helo_name_(helo_name()) {}

std::unique_ptr<mail::SmtpClient> Relay::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<mail::SmtpClient>(server_, helo_name_);
  auto client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void Relay::give_back(std::unique_ptr<mail::SmtpClient> client) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
}

bool Relay::hangs() {
  const std::lock_guard lock(mutex_);
  return Clock::now() < hangs_until_;
}

std::vector<mail::SendOutcome> Relay::send(const mail::SmtpEnvelope& envelope, std::string_view message) {
  if (hangs())
    return {envelope.recipients.size(),
            {mail::SendStatus::temporary, "the relay did not answer just now", true}};
  const auto start = Clock::now();
  auto client = take();
  auto outcomes = client->send(envelope, message);
  give_back(std::move(client));
  if (!outcomes.empty() && outcomes.front().unreachable && Clock::now() - start > kSlow) {
    const std::lock_guard lock(mutex_);
    hangs_until_ = Clock::now() + kPause;
  }
  return outcomes;
}

}  // namespace formmail
