#include <sys/socket.h>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "scanner/front/observer_list.h"
#include "scanner/metrics/front_metrics.h"
#include "scanner/metrics/metrics_server.h"

namespace {

using scanner::FrontMetrics;
using scanner::MessageReport;
using scanner::MetricsServer;
using scanner::Verdict;

class FakePool : public scanner::WorkerPool {
 public:
  asio::awaitable<scanner::ScanAnswer> scan(const scanner::ReceivedMessage&) override {
    co_return scanner::ScanAnswer();
  }
  scanner::PoolStatistics statistics() const override { return numbers; }

  scanner::PoolStatistics numbers;
};

MessageReport report_of(Verdict verdict, int reply_code) {
  MessageReport report;
  report.scanned = true;
  report.verdict = verdict;
  report.reply_code = reply_code;
  report.size = 1000;
  report.scan_seconds = 0.02;
  return report;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// A metrics server on a free port, its loop on a thread of its own.
class RunningServer {
 public:
  explicit RunningServer(std::string body) : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    port_ = acceptor_.local_endpoint().port();
    server_.emplace(io_, mail::FileDescriptor(acceptor_.release()), [body] { return body; });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RunningServer() {
    io_.stop();
    thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  /// Everything that comes back for these bytes.
  std::string ask(const std::string& request) const {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    asio::error_code error;
    asio::write(socket, asio::buffer(request), error);
    std::string reply;
    asio::read(socket, asio::dynamic_buffer(reply), error);
    return reply;
  }
  std::uint16_t port() const { return port_; }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::optional<MetricsServer> server_;
  std::thread thread_;
};

/// Whether it becomes true within five seconds.
bool soon(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 100; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace

TEST_CASE("messages are counted by verdict and by the class of the reply") {
  FakePool pool;
  FrontMetrics metrics(pool, nullptr);
  metrics.message_done(report_of(Verdict::clean, 250));
  metrics.message_done(report_of(Verdict::clean, 451));
  metrics.message_done(report_of(Verdict::removed, 250));
  MessageReport too_long = report_of(Verdict::error, 552);
  too_long.scanned = false;
  metrics.message_done(too_long);

  const std::string text = metrics.exposition();
  CHECK(has_line(text, "scanrelay_messages_total{verdict=\"clean\"} 2"));
  CHECK(has_line(text, "scanrelay_messages_total{verdict=\"removed\"} 1"));
  CHECK(has_line(text, "scanrelay_messages_total{verdict=\"error\"} 0"));
  CHECK(has_line(text, "scanrelay_messages_refused_total 1"));
  CHECK(has_line(text, "scanrelay_replies_total{class=\"2xx\"} 2"));
  CHECK(has_line(text, "scanrelay_replies_total{class=\"5xx\"} 1"));
  CHECK(has_line(text, "scanrelay_message_bytes_total 4000"));
  CHECK(has_line(text, "scanrelay_message_seconds_bucket{le=\"0.01\"} 0"));
  CHECK(has_line(text, "scanrelay_message_seconds_bucket{le=\"0.025\"} 3"));
}

TEST_CASE("connections are a gauge and a count") {
  FakePool pool;
  FrontMetrics metrics(pool, nullptr);
  scanner::ObserverList observers;
  observers.add(metrics);
  observers.connection_opened();
  observers.connection_opened();
  observers.connection_closed();
  observers.connection_refused();
  observers.next_hop_failed("refused");
  const std::string text = metrics.exposition();
  CHECK(has_line(text, "scanrelay_connections 1"));
  CHECK(has_line(text, "scanrelay_connections_total 2"));
  CHECK(has_line(text, "scanrelay_connections_refused_total 1"));
  CHECK(has_line(text, "scanrelay_next_hop_failures_total 1"));
}

TEST_CASE("the workers' numbers are those of the moment") {
  FakePool pool;
  const FrontMetrics metrics(pool, nullptr);
  pool.numbers.waiting = 3;
  pool.numbers.workers = 2;
  pool.numbers.crashes = 5;
  pool.numbers.signatures = 252000;
  pool.numbers.signatures_built = std::time(nullptr) - 7200;
  pool.numbers.engine_version = "1.4.6/27500";
  const std::string text = metrics.exposition();
  CHECK(has_line(text, "scanrelay_scans_waiting 3"));
  CHECK(has_line(text, "scanrelay_workers 2"));
  CHECK(has_line(text, "scanrelay_worker_restarts_total{reason=\"crash\"} 5"));
  CHECK(has_line(text, "scanrelay_signatures 252000"));
  CHECK(text.find("\nscanrelay_signature_age_seconds 720") != std::string::npos);
  CHECK(text.find("engine=\"1.4.6/27500\"") != std::string::npos);
  CHECK(text.find("quarantine") == std::string::npos);
}

TEST_CASE("a type stands before each family once") {
  FakePool pool;
  const std::string text = FrontMetrics(pool, nullptr).exposition();
  const std::string type = "# TYPE scanrelay_worker_restarts_total counter\n";
  REQUIRE(text.find(type) != std::string::npos);
  CHECK(text.find(type) == text.rfind(type));
}

TEST_CASE("the metrics are read over HTTP") {
  const RunningServer server("up 1\n");
  const std::string reply = server.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reply.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(reply.ends_with("\r\n\r\nup 1\n"));
  CHECK(server.ask("HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
  CHECK(server.ask("GET /metrics?x=1 HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(server.ask("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(server.ask("POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
  CHECK(server.ask("\r\n\r\n").starts_with("HTTP/1.1 405"));
}

TEST_CASE("a request without an end is cut off, and others are served meanwhile") {
  const RunningServer server("up 1\n");
  CHECK(server.ask("GET /metrics HTTP/1.1\r\nX: " + std::string(20000, 'x')).empty());

  asio::io_context io;
  std::vector<asio::ip::tcp::socket> idle;
  for (int i = 0; i < MetricsServer::kMostConnections - 1; ++i) {
    idle.emplace_back(io).connect({asio::ip::address_v4::loopback(), server.port()});
  }
  const std::string request = "GET /metrics HTTP/1.1\r\n\r\n";
  CHECK(server.ask(request).ends_with("up 1\n"));
  CHECK(soon([&] {
    idle.emplace_back(io).connect({asio::ip::address_v4::loopback(), server.port()});
    return server.ask(request).empty();
  }));
  idle.clear();
  CHECK(soon([&] { return server.ask(request).ends_with("up 1\n"); }));
}
