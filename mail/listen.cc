#include "mail/listen.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace mail {

namespace {

constexpr int kBacklog = 1024;

[[noreturn]] void fail(int error) {
  if (error == EADDRINUSE) throw std::runtime_error("the port is in use");
  throw std::runtime_error(std::generic_category().message(error));
}

bool same(const addrinfo& one, const addrinfo& other) {
  return one.ai_addrlen == other.ai_addrlen && std::memcmp(one.ai_addr, other.ai_addr, one.ai_addrlen) == 0;
}

/// No socket if this host has no such address, which of a name's may be.
FileDescriptor listen_at(const addrinfo& at) {
  FileDescriptor socket(::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC, at.ai_protocol));
  const int on = 1;
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (socket && ::bind(socket.get(), at.ai_addr, at.ai_addrlen) == 0 &&
      ::listen(socket.get(), kBacklog) == 0) {
    return socket;
  }
  if (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT) fail(errno);
  return {};
}

}  // namespace

std::vector<FileDescriptor> listen_on(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = endpoint.host.empty() ? AF_INET6 : AF_UNSPEC;  // ::, which takes IPv4 too
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(endpoint.host.empty() ? nullptr : endpoint.host.c_str(),
                                   std::to_string(endpoint.port).c_str(), &hints, &found);
  if (result != 0) throw std::runtime_error(::gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);

  std::vector<FileDescriptor> sockets;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const addrinfo* first = found;  // /etc/hosts may name one twice
    while (!same(*first, *at)) first = first->ai_next;
    if (first != at) continue;
    FileDescriptor socket = listen_at(*at);
    if (socket) sockets.push_back(std::move(socket));
  }
  if (sockets.empty()) fail(EADDRNOTAVAIL);
  return sockets;
}

std::string bound_address(int socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  auto* const address = reinterpret_cast<sockaddr*>(&bound);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getsockname(socket, address, &length) != 0 || bound.ss_family == AF_UNIX ||
      ::getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
          0) {
    return "";
  }
  const std::string name = bound.ss_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return name + ":" + port;
}

}  // namespace mail
