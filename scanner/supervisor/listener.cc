#include "scanner/supervisor/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "mail/endpoint.h"
#include "mail/log.h"
#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

constexpr int kBacklog = 1024;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

[[noreturn]] void fail(const std::string& address, const std::string& why) {
  throw UsageError("can't listen on " + address + ": " + why);
}

std::string describe(int error) {
  if (error == EADDRINUSE) return "the port is in use";
  return std::generic_category().message(error);
}

bool same(const addrinfo& one, const addrinfo& other) {
  return one.ai_addrlen == other.ai_addrlen && std::memcmp(one.ai_addr, other.ai_addr, one.ai_addrlen) == 0;
}

/// No socket if this host has no such address, which of a name's may be.
mail::FileDescriptor listen_on(const addrinfo& at, const std::string& address) {
  mail::FileDescriptor socket(
      ::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol));
  const int on = 1;
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (socket && ::bind(socket.get(), at.ai_addr, at.ai_addrlen) == 0 &&
      ::listen(socket.get(), kBacklog) == 0) {
    return socket;
  }
  if (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT) fail(address, describe(errno));
  return {};
}

/// One for each address that the host's name has.
std::vector<Listener> open_address(const std::string& address, ListenerKind kind) {
  const std::optional<mail::Endpoint> endpoint = mail::parse_endpoint(address);
  if (!endpoint) fail(address, "expected HOST:PORT");
  addrinfo hints{};
  hints.ai_family = endpoint->host.empty() ? AF_INET6 : AF_UNSPEC;  // ::, which takes IPv4 too
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(endpoint->host.empty() ? nullptr : endpoint->host.c_str(),
                                   std::to_string(endpoint->port).c_str(), &hints, &found);
  if (result != 0) fail(address, ::gai_strerror(result));
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);

  std::vector<Listener> listeners;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const addrinfo* first = found;  // /etc/hosts may name one twice
    while (!same(*first, *at)) first = first->ai_next;
    if (first != at) continue;
    mail::FileDescriptor socket = listen_on(*at, address);
    if (socket) listeners.push_back({address, kind, std::move(socket)});
  }
  if (listeners.empty()) fail(address, describe(EADDRNOTAVAIL));
  return listeners;
}

/// HOST:PORT that the socket is bound to; the port that was found for port 0.
std::string bound_address(const Listener& listener) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  auto* const address = reinterpret_cast<sockaddr*>(&bound);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getsockname(listener.socket.get(), address, &length) != 0 ||
      ::getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
          0) {
    return listener.address;
  }
  const std::string name = bound.ss_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return name + ":" + port;
}

std::string name(ListenerKind kind) {
  switch (kind) {
    case ListenerKind::smtp:
      return "smtp";
    case ListenerKind::smtps:
      return "smtps";
    case ListenerKind::metrics:
      break;
  }
  return "metrics";
}

}  // namespace

std::vector<Listener> open_listeners(const Settings& settings, const std::vector<Listener>& opened) {
  const mail::Log log("scanrelay");
  std::vector<Listener> listeners;
  const auto open = [&](const std::string& address, ListenerKind kind) {
    bool is_open = false;
    for (const Listener& listener : opened) {
      if (listener.address != address || !listener.socket) continue;
      listeners.push_back({address, kind, mail::FileDescriptor(::dup(listener.socket.get()))});
      is_open = true;
    }
    if (is_open) return;
    for (Listener& listener : open_address(address, kind)) {
      log.info("listens", {{"address", bound_address(listener)}, {"for", name(kind)}});
      listeners.push_back(std::move(listener));
    }
  };
  for (const std::string& address : settings.smtp.listen) open(address, ListenerKind::smtp);
  for (const std::string& address : settings.smtp.listen_tls) open(address, ListenerKind::smtps);
  if (!settings.metrics.listen.empty()) open(settings.metrics.listen, ListenerKind::metrics);
  return listeners;
}

}  // namespace scanner
