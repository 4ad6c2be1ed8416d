#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "mail/file_descriptor.h"

namespace formmail {

/// Where the next request comes from: a new connection, or one that its web server keeps open between
/// requests (nginx's fastcgi_keep_conn), which holds no thread meanwhile. libfcgi would let a thread wait for
/// each.
///
/// The listening sockets stay open for others: systemd's belong to the formmail that comes next, too, and
/// whoever connects between the two waits there.
class Connections {
 public:
  /// The listeners must outlive it. Throws std::system_error.
  explicit Connections(const std::vector<mail::FileDescriptor>& listeners);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Waits for a connection on which a request begins. None once end() was called.
  mail::FileDescriptor next();

  /// Gives back a connection whose web server may send another request.
  void keep(mail::FileDescriptor connection);

  /// From now on next() gives none: who connects now is for the next process.
  void end();

 private:
  mail::FileDescriptor accept(int listener);
  mail::FileDescriptor take_kept(int fd);
  void watch(int fd, int operation, unsigned events);

  mail::FileDescriptor ready_;  ///< epoll: tells one thread of a descriptor, once
  mail::FileDescriptor end_;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::map<int, mail::FileDescriptor> kept_;
};

}  // namespace formmail
