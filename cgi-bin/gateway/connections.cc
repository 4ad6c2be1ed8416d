#include "cgi-bin/gateway/connections.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace formmail {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// No descriptor or no memory is left: one of the requests at hand will give back its own.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Connections::Connections(const std::vector<mail::FileDescriptor>& listeners)
    : ready_(::epoll_create1(EPOLL_CLOEXEC)), end_(::eventfd(0, EFD_CLOEXEC)) {
  if (!ready_ || !end_) fail("epoll");
  watch(end_.get(), EPOLL_CTL_ADD, EPOLLIN);
  for (const mail::FileDescriptor& listener : listeners) {
    // Another process may listen there, too, and take what this one was told of.
    const int flags = ::fcntl(listener.get(), F_GETFL);
    if (flags < 0 || ::fcntl(listener.get(), F_SETFL, flags | O_NONBLOCK) != 0) fail("listener");
    watch(listener.get(), EPOLL_CTL_ADD, EPOLLIN | EPOLLONESHOT);
  }
}

mail::FileDescriptor Connections::next() {
  while (!ending_) {
    epoll_event event{};
    if (::epoll_wait(ready_.get(), &event, 1, -1) != 1 || event.data.fd == end_.get()) continue;
    mail::FileDescriptor connection = take_kept(event.data.fd);
    if (!connection) connection = accept(event.data.fd);
    if (connection) return connection;
  }
  return {};
}

mail::FileDescriptor Connections::accept(int listener) {
  mail::FileDescriptor connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection && is_shortage(errno)) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  watch(listener, EPOLL_CTL_MOD, EPOLLIN | EPOLLONESHOT);
  return connection;
}

void Connections::keep(mail::FileDescriptor connection) {
  const int fd = connection.get();
  const std::lock_guard lock(mutex_);
  if (ending_) return;
  kept_[fd] = std::move(connection);
  watch(fd, EPOLL_CTL_ADD, EPOLLIN | EPOLLONESHOT);
}

mail::FileDescriptor Connections::take_kept(int fd) {
  const std::lock_guard lock(mutex_);
  auto found = kept_.extract(fd);
  if (found.empty()) return {};
  watch(fd, EPOLL_CTL_DEL, 0);
  return std::move(found.mapped());
}

void Connections::end() {
  ending_ = true;
  ::eventfd_write(end_.get(), 1);
}

void Connections::watch(int fd, int operation, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(ready_.get(), operation, fd, &event) != 0) fail("epoll_ctl");
}

}  // namespace formmail
