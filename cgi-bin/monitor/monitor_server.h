#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "mail/file_descriptor.h"

namespace formmail {

/// Answers GET and HEAD of /metrics and /health over HTTP in a thread of its own, as long as it lives. One
/// request a connection, one connection at a time, each bounded in bytes and time.
///
/// SECURITY: whoever reaches the address may read the numbers; nothing can be changed.
class MonitorServer {
 public:
  /// `health`: "" well, else what is wrong. Throws std::runtime_error where `address` can't be listened on.
  MonitorServer(const std::string& address, std::function<std::string()> metrics,
                std::function<std::string()> health);
  ~MonitorServer();
  MonitorServer(const MonitorServer&) = delete;
  MonitorServer& operator=(const MonitorServer&) = delete;

 private:
  void run();
  void serve(int connection) const;
  std::string answer(std::string_view request) const;
  std::string answer_for(std::string_view path) const;

  std::function<std::string()> metrics_;
  std::function<std::string()> health_;
  std::vector<mail::FileDescriptor> listeners_;
  mail::FileDescriptor stop_;
  std::thread thread_;
};

}  // namespace formmail
