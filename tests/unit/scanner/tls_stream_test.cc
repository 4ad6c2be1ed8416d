#include "scanner/front/tls_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <string>
#include <vector>

namespace {

using scanner::TlsStream;
using Socket = TlsStream::Socket;

/// No certificate: the two ends agree on a key without one.
asio::ssl::context anonymous(asio::ssl::context::method method) {
  asio::ssl::context context(method);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.native_handle(), "AECDH:@SECLEVEL=0");
  return context;
}

std::array<int, 2> connected_pair() {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  return ends;
}

/// Two ends of a connection in this thread, with TLS between them.
struct TlsPair {
  TlsPair() {
    asio::co_spawn(io, server.accept(), [](std::exception_ptr, asio::error_code e) { REQUIRE_FALSE(e); });
    asio::co_spawn(io, client.connect(), [](std::exception_ptr, asio::error_code e) { REQUIRE_FALSE(e); });
    io.run();
    io.restart();
  }

  asio::io_context io;
  asio::ssl::context server_context = anonymous(asio::ssl::context::tls_server);
  asio::ssl::context client_context = anonymous(asio::ssl::context::tls_client);
  std::array<int, 2> ends = connected_pair();
  Socket server_socket{io, asio::generic::stream_protocol(AF_UNIX, 0), ends[0]};
  Socket client_socket{io, asio::generic::stream_protocol(AF_UNIX, 0), ends[1]};
  TlsStream server{server_socket, server_context}, client{client_socket, client_context};
};

asio::awaitable<void> read_records(TlsStream& stream, int records, std::vector<std::string>& events) {
  std::string bytes(1024, ' ');
  for (int i = 0; i < records; ++i) {
    std::size_t count = 0;
    const asio::error_code error = co_await stream.read_some(bytes.data(), bytes.size(), count);
    events.push_back(error ? error.message() : bytes.substr(0, count));
  }
}

asio::awaitable<void> write_each(TlsStream& stream, std::vector<std::string> records) {
  for (const std::string& record : records) {
    const std::vector<asio::const_buffer> buffers{asio::buffer(record)};
    const asio::error_code error = co_await stream.write(buffers);
    if (error) throw asio::system_error(error);
  }
}

}  // namespace

TEST_CASE("A TLS peer whose bytes are always there already leaves the thread to others between two reads") {
  TlsPair pair;
  asio::co_spawn(pair.io, write_each(pair.client, {"one", "two", "three"}), asio::detached);
  pair.io.run();
  pair.io.restart();

  std::vector<std::string> events;
  asio::co_spawn(pair.io, read_records(pair.server, 3, events), asio::detached);
  asio::post(pair.io, [&] { events.emplace_back("another's turn"); });
  pair.io.run();

  REQUIRE(events.size() == 4);
  CHECK(events.back() == "three");
  CHECK(std::count(events.begin(), events.end(), "another's turn") == 1);
}

TEST_CASE("An operation on a TLS session that is cancelled before it begins ends as cancelled") {
  TlsPair pair;
  asio::co_spawn(pair.io, write_each(pair.client, {"one"}), asio::detached);
  pair.io.run();
  pair.io.restart();

  std::vector<std::string> events;
  asio::co_spawn(pair.io, read_records(pair.server, 1, events), asio::detached);
  pair.io.run_one();  // the coroutine has begun to read
  pair.server.cancel();
  pair.io.run();
  CHECK(events == std::vector<std::string>{make_error_code(asio::error::operation_aborted).message()});
}
