#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cgi-bin/gateway/gateway.h"
#include "mail/endpoint.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

constexpr int kBacklog = 1024;

[[noreturn]] void fail(const std::string& address, const std::string& why) {
  throw std::runtime_error("can't listen on " + address + ": " + why);
}

mail::FileDescriptor stream_socket(int family, const std::string& address) {
  mail::FileDescriptor fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail(address, std::strerror(errno));
  return fd;
}

int listen_on_path(const std::string& address) {
  const std::string path = address.substr(std::strlen("unix:"));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) fail(address, "not a path that a socket can have");
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  const auto* target = reinterpret_cast<const sockaddr*>(&name);
  const mail::FileDescriptor probe = stream_socket(AF_UNIX, address);
  if (::connect(probe.get(), target, sizeof name) == 0) fail(address, "another process listens there");
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  mail::FileDescriptor fd = stream_socket(AF_UNIX, address);
  const mode_t mask = ::umask(0117);
  const int bound = ::bind(fd.get(), target, sizeof name);
  ::umask(mask);
  if (bound != 0) fail(address, std::strerror(errno));
  if (::listen(fd.get(), kBacklog) != 0) fail(address, std::strerror(errno));
  return fd.release();
}

}  // namespace

int listen_on(const std::string& address) {
  if (address.starts_with("unix:")) return listen_on_path(address);
  const std::optional<mail::Endpoint> endpoint = mail::parse_endpoint(address);
  if (!endpoint) fail(address, "expected HOST:PORT or unix:PATH");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(endpoint->host.empty() ? nullptr : endpoint->host.c_str(),
                                   std::to_string(endpoint->port).c_str(), &hints, &found);
  if (result != 0) fail(address, ::gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  mail::FileDescriptor fd = stream_socket(found->ai_family, address);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    fail(address, std::strerror(errno));
  }
  return fd.release();
}

}  // namespace formmail
