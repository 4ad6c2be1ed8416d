#include "scanner/supervisor/listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "mail/endpoint.h"
#include "mail/listen.h"
#include "mail/log.h"
#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

[[noreturn]] void fail(const std::string& address, const std::string& why) {
  throw UsageError("can't listen on " + address + ": " + why);
}

/// One for each address that the host's name has.
std::vector<Listener> open_address(const std::string& address, ListenerKind kind) {
  const std::optional<mail::Endpoint> endpoint = mail::parse_endpoint(address);
  if (!endpoint) fail(address, "expected HOST:PORT");
  std::vector<Listener> listeners;
  try {
    for (mail::FileDescriptor& socket : mail::listen_on(*endpoint)) {
      ::fcntl(socket.get(), F_SETFL, O_RDWR | O_NONBLOCK);
      listeners.push_back({address, kind, std::move(socket)});
    }
  } catch (const std::runtime_error& error) {
    fail(address, error.what());
  }
  return listeners;
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
      log.info("listens", {{"address", mail::bound_address(listener.socket.get())}, {"for", name(kind)}});
      listeners.push_back(std::move(listener));
    }
  };
  for (const std::string& address : settings.smtp.listen) open(address, ListenerKind::smtp);
  for (const std::string& address : settings.smtp.listen_tls) open(address, ListenerKind::smtps);
  if (!settings.metrics.listen.empty()) open(settings.metrics.listen, ListenerKind::metrics);
  return listeners;
}

}  // namespace scanner
