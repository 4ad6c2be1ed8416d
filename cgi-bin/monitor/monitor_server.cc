#include "cgi-bin/monitor/monitor_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "cgi-bin/gateway/gateway.h"

namespace formmail {

namespace {

constexpr std::size_t kMostRequestBytes = 8192;
constexpr std::chrono::seconds kLongestRequest{5};
using Clock = std::chrono::steady_clock;

std::string response(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + std::string(body);
}

bool wait_for(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd ready{fd, events, 0};
  return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) > 0;
}

}  // namespace

MonitorServer::MonitorServer(const std::string& address, std::function<std::string()> metrics,
                             std::function<std::string()> health)
    : metrics_(std::move(metrics)),
      health_(std::move(health)),
      listeners_(listen_on(address)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

MonitorServer::~MonitorServer() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void MonitorServer::run() {
  std::vector<pollfd> waiting{{stop_.get(), POLLIN, 0}};
  for (const mail::FileDescriptor& listener : listeners_) waiting.push_back({listener.get(), POLLIN, 0});
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0) return;
    for (const pollfd& listener : waiting) {
      if (listener.revents == 0) continue;
      const mail::FileDescriptor connection(
          ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (connection) serve(connection.get());
    }
  }
}

void MonitorServer::serve(int connection) const {
  const Clock::time_point deadline = Clock::now() + kLongestRequest;
  std::string request;
  std::array<char, 4096> buffer{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    if (request.size() > kMostRequestBytes || !wait_for(connection, POLLIN, deadline)) return;
    const ssize_t got = ::read(connection, buffer.data(), buffer.size());
    if (got <= 0) return;
    request.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const std::string text = answer(request);
  for (std::string_view rest = text; !rest.empty() && wait_for(connection, POLLOUT, deadline);) {
    const ssize_t written = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string MonitorServer::answer(std::string_view request) const {
  const bool head = request.starts_with("HEAD ");
  if (!head && !request.starts_with("GET ")) return response("405 Method Not Allowed", "GET or HEAD only\n");
  std::string answer;
  try {
    request.remove_prefix(request.find(' ') + 1);
    answer = answer_for(request.substr(0, request.find_first_of("? \r")));
  } catch (const std::exception& error) {
    answer = response("500 Internal Server Error", std::string(error.what()) + "\n");
  }
  return head ? answer.substr(0, answer.find("\r\n\r\n") + 4) : answer;
}

std::string MonitorServer::answer_for(std::string_view path) const {
  if (path == "/metrics") return response("200 OK", metrics_());
  if (path != "/health") return response("404 Not Found", "/metrics or /health\n");
  const std::string trouble = health_();
  return trouble.empty() ? response("200 OK", "ok\n") : response("503 Service Unavailable", trouble + "\n");
}

}  // namespace formmail
