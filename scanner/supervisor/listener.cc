#include "scanner/supervisor/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "scanner/command/exit_status.h"
#include "scanner/endpoint.h"

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

}  // namespace

Listener open_listener(const std::string& address, ListenerKind kind) {
  const std::optional<Endpoint> endpoint = parse_endpoint(address);
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

  mail::FileDescriptor socket(
      ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, list->ai_protocol));
  if (!socket) fail(address, describe(errno));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    fail(address, describe(errno));
  }
  return {address, kind, std::move(socket)};
}

std::vector<Listener> open_listeners(const Settings& settings, const std::vector<Listener>& opened) {
  std::vector<Listener> listeners;
  const auto open = [&](const std::string& address, ListenerKind kind) {
    const auto same = std::find_if(opened.begin(), opened.end(), [&](const Listener& listener) {
      return listener.address == address && listener.socket;
    });
    if (same == opened.end()) {
      listeners.push_back(open_listener(address, kind));
    } else {
      listeners.push_back({address, kind, mail::FileDescriptor(::dup(same->socket.get()))});
    }
  };
  for (const std::string& address : settings.smtp.listen) open(address, ListenerKind::smtp);
  for (const std::string& address : settings.smtp.listen_tls) open(address, ListenerKind::smtps);
  if (!settings.metrics.listen.empty()) open(settings.metrics.listen, ListenerKind::metrics);
  return listeners;
}

}  // namespace scanner
