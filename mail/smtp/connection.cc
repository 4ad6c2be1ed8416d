#include "mail/smtp/connection.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace mail {

namespace {

using Deadline = SmtpConnection::Deadline;

[[noreturn]] void fail(const std::string& what, int error) {
  throw SmtpConnectionError(what + ": " + std::generic_category().message(error));
}

/// Waits until the socket is ready for `events`. Throws at the deadline.
void wait_for(int fd, short events, Deadline deadline, const char* what) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{fd, events, 0};
    const int count = poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3600000)));
    if (count > 0) return;
    if (count == 0) throw SmtpConnectionError(std::string(what) + ": timed out");
    if (errno != EINTR) fail(what, errno);
  }
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressList look_up(const SmtpEndpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  // AI_ADDRCONFIG would hide a loopback address on a machine without a network.
  const bool numeric = endpoint.host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
  if (numeric) hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* found = nullptr;
  int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (error != 0) {
    hints.ai_flags = AI_NUMERICSERV;
    error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  }
  if (error != 0) throw SmtpConnectionError(endpoint.host + ": " + gai_strerror(error));
  return {found, freeaddrinfo};
}

FileDescriptor connect_to(const addrinfo& address, Deadline deadline) {
  FileDescriptor fd(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket", errno);
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) fail("connect", errno);
    wait_for(fd.get(), POLLOUT, deadline, "connect");
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) fail("connect", error);
  }
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(text)) <= 65535 && text != "0";
}

}  // namespace

std::optional<SmtpEndpoint> SmtpEndpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of("[]/@ \t") != std::string_view::npos) return std::nullopt;
  return SmtpEndpoint{std::string(host), std::string(text.substr(colon + 1))};
}

SmtpConnection::SmtpConnection(const SmtpEndpoint& endpoint, Deadline deadline) {
  const AddressList addresses = look_up(endpoint);
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    try {
      socket_ = connect_to(*address, deadline);
      return;
    } catch (const SmtpConnectionError&) {
      if (address->ai_next == nullptr) throw;
    }
  }
}

void SmtpConnection::send(const Pieces& pieces, Deadline deadline) {
  constexpr std::size_t kMostPieces = 64;
  std::size_t next = 0;    // piece
  std::size_t offset = 0;  // in it
  while (next < pieces.size()) {
    std::array<iovec, kMostPieces> vectors{};
    std::size_t count = 0;
    for (std::size_t i = next; i < pieces.size() && count < kMostPieces; ++i, ++count) {
      const std::string_view piece = pieces[i].substr(i == next ? offset : 0);
      // sendmsg only reads what an iovec, which has no const, points at.
      vectors.at(count) = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr header{};
    header.msg_iov = vectors.data();
    header.msg_iovlen = count;
    const ssize_t sent = sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN)
        wait_for(socket_.get(), POLLOUT, deadline, "send");
      else if (errno != EINTR)
        fail("send", errno);
      continue;
    }
    offset += static_cast<std::size_t>(sent);
    while (next < pieces.size() && offset >= pieces[next].size()) offset -= pieces[next++].size();
  }
}

SmtpReply SmtpConnection::receive(Deadline deadline) {
  for (;;) {
    received_.erase(0, parser_.feed(received_));
    if (parser_.state() == SmtpReplyParser::State::malformed)
      throw SmtpConnectionError("malformed reply: " + std::string(parser_.fault()));
    if (parser_.state() == SmtpReplyParser::State::complete) return parser_.take();
    std::array<char, 4096> buffer;
    const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) throw SmtpConnectionError("closed by the server");
    if (count > 0)
      received_.assign(buffer.data(), static_cast<std::size_t>(count));
    else if (errno == EAGAIN)
      wait_for(socket_.get(), POLLIN, deadline, "receive");
    else if (errno != EINTR)
      fail("receive", errno);
  }
}

bool SmtpConnection::is_quiet() const {
  pollfd ready{socket_.get(), POLLIN, 0};
  return received_.empty() && poll(&ready, 1, 0) == 0;
}

void SmtpConnection::quit() noexcept {
  constexpr std::string_view kQuit = "QUIT\r\n";
  [[maybe_unused]] const ssize_t sent = ::send(socket_.get(), kQuit.data(), kQuit.size(), MSG_NOSIGNAL);
  socket_.reset();
}

}  // namespace mail
