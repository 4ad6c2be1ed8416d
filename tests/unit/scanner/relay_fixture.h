#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "scanner/front/smtp_service.h"

namespace scanner {

/// Workers that look for words: VIRUS is removed (the body becomes "gone"), CRASH can't be scanned, REJECT is
/// refused, anything else is clean; the first line is cut if it starts with "X-Virus-".
class WordPool : public WorkerPool {
 public:
  asio::awaitable<ScanAnswer> scan(const ReceivedMessage& message) override;
};

/// A relay on a thread of its own, with a Maildir as next hop unless the settings name another.
class Relay {
 public:
  explicit Relay(Settings settings = {});
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t port() const { return port_; }
  /// The messages in new/, oldest first.
  std::vector<std::string> delivered() const;
  /// Starts to drain and returns at once.
  void drain();
  bool drained() const { return drained_; }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  asio::io_context io_;
  WordPool pool_;
  std::unique_ptr<SmtpService> service_;
  std::atomic<bool> drained_ = false;
  std::thread thread_;
};

/// A client that says and hears exact bytes. Every wait ends after five seconds.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);
  /// A whole reply; "" at the end of the connection.
  std::string reply();
  /// Sends a line and returns its reply without the last CRLF.
  std::string operator()(std::string_view line);
  /// Up to DATA's 354.
  void begin(std::string_view recipient = "b@example.net");
  /// A whole transaction; the reply to the final dot. `wire` is stuffed already and has its final dot.
  std::string transaction(std::string_view wire);
  /// Ends our side of the connection.
  void hang_up();

 private:
  int socket_;
  std::string input_;
};

}  // namespace scanner
