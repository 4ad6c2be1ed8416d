#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "cgi-bin/gateway/gateway.h"
#include "mail/endpoint.h"
#include "mail/listen.h"

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

mail::FileDescriptor listen_on_path(const std::string& address) {
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
  return fd;
}

}  // namespace

std::vector<mail::FileDescriptor> listen_on(const std::string& address) {
  std::vector<mail::FileDescriptor> sockets;
  if (address.starts_with("unix:")) {
    sockets.push_back(listen_on_path(address));
    return sockets;
  }
  const std::optional<mail::Endpoint> endpoint = mail::parse_endpoint(address);
  if (!endpoint) fail(address, "expected HOST:PORT or unix:PATH");
  try {
    sockets = mail::listen_on(*endpoint);
  } catch (const std::runtime_error& error) {
    fail(address, error.what());
  }
  return sockets;
}

}  // namespace formmail
