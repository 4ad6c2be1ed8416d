#include "tests/unit/scanner/relay_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <fstream>
#include <sstream>

#include "mail/smtp/reply.h"

namespace scanner {

namespace {

constexpr timeval kPatience{5, 0};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string content_of(int memfd, std::uint64_t size) {
  std::string content(size, '\0');
  REQUIRE(::pread(memfd, content.data(), size, 0) == static_cast<ssize_t>(size));
  return content;
}

mail::FileDescriptor sealed(std::string_view content) {
  mail::FileDescriptor memfd(::memfd_create("changed", MFD_ALLOW_SEALING));
  REQUIRE(::write(memfd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  REQUIRE(::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  return memfd;
}

}  // namespace

asio::awaitable<ScanAnswer> WordPool::scan(const ReceivedMessage& message) {
  const std::string content = content_of(message.memfd.get(), message.size);
  const auto has = [&](std::string_view word) { return content.find(word) != content.npos; };
  ScanAnswer answer;
  answer.verdict = Verdict::clean;
  if (has("CRASH")) answer.verdict = Verdict::error;
  if (has("REJECT")) answer.verdict = Verdict::rejected;
  answer.top = "X-Virus-Status: clean\r\n";
  if (content.starts_with("X-Virus-")) answer.cut = {{0, content.find("\r\n") + 2}};
  if (has("VIRUS")) {
    constexpr std::string_view kGone = "\r\n.gone\r\n";
    answer.verdict = Verdict::removed;
    answer.top = "X-Virus-Status: removed\r\n";
    answer.changed = sealed(kGone);
    answer.changed_size = kGone.size();
  }
  co_return answer;
}

Relay::Relay(Settings settings) {
  char folder[] = "/tmp/relay-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  folder_ = folder;
  if (settings.next_hop.deliver == Settings().next_hop.deliver)
    settings.next_hop.deliver = "maildir:" + folder_.string();
  settings.smtp.hostname = "relay.example";
  service_ = std::make_unique<SmtpService>(io_, settings, pool_, mail::Log("test", mail::LogLevel::error));
  mail::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 100) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port_ = ntohs(address.sin_port);
  service_->add_listener(std::move(listener), false);
  thread_ = std::thread([this] { io_.run(); });
}

Relay::~Relay() {
  io_.stop();
  thread_.join();
  std::filesystem::remove_all(folder_);
}

std::vector<std::string> Relay::delivered() const {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "new"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> messages;
  for (const std::filesystem::path& file : files) {
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    messages.push_back(content.str());
  }
  return messages;
}

void Relay::drain() {
  asio::post(io_, [this] { service_->drain([this] { drained_ = true; }); });
}

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const sockaddr_in address = loopback(port);
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

Client::~Client() { ::close(socket_); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    REQUIRE(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Client::reply() {
  mail::SmtpReplyParser parser;
  for (;;) {
    input_.erase(0, parser.feed(input_));
    if (parser.state() == mail::SmtpReplyParser::State::complete) return parser.take().wire;
    REQUIRE(parser.state() == mail::SmtpReplyParser::State::incomplete);
    char buffer[4096];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    REQUIRE(count >= 0);
    if (count == 0) return "";
    input_.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string Client::operator()(std::string_view line) {
  send(std::string(line) + "\r\n");
  std::string answer = reply();
  if (answer.ends_with("\r\n")) answer.resize(answer.size() - 2);
  return answer;
}

void Client::begin(std::string_view recipient) {
  REQUIRE((*this)("MAIL FROM:<a@example.com>").starts_with("250"));
  REQUIRE((*this)("RCPT TO:<" + std::string(recipient) + ">").starts_with("250"));
  REQUIRE((*this)("DATA").starts_with("354"));
}

std::string Client::transaction(std::string_view wire) {
  begin();
  send(wire);
  return reply();
}

void Client::hang_up() { ::shutdown(socket_, SHUT_WR); }

}  // namespace scanner
