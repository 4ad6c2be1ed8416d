#include "scanner/front/next_hop/next_hop_connection.h"

#include <asio/experimental/as_tuple.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "mail/smtp/command.h"
#include "mail/smtp/dot_stuffing.h"

namespace scanner {

namespace {

using Endpoint = SmtpStream::Socket::endpoint_type;
constexpr std::size_t kLongestCommand = 512;
constexpr std::size_t kWriteAtOnce = 262144;

asio::awaitable<std::vector<Endpoint>> endpoints_of(const mail::NextHopUrl& url) {
  std::vector<Endpoint> endpoints;
  if (!url.path.empty()) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(url.path));
    co_return endpoints;
  }
  asio::error_code no_address;
  const asio::ip::address address = asio::ip::make_address(url.host, no_address);
  if (!no_address) {
    endpoints.emplace_back(asio::ip::tcp::endpoint(address, url.port));
    co_return endpoints;
  }
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  auto [error, found] = co_await resolver.async_resolve(url.host, std::to_string(url.port),
                                                        asio::experimental::as_tuple(asio::use_awaitable));
  if (error) throw NextHopFault("resolving " + url.host + ": " + error.message());
  for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
  co_return endpoints;
}

bool offers(std::string_view list, std::string_view name) {
  const std::string wanted = mail::to_upper_ascii(name);
  for (const mail::SmtpParameter& offered :
       mail::parse_smtp_parameters(list).value_or(std::vector<mail::SmtpParameter>())) {
    if (offered.keyword == wanted) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> attribute_commands(const std::string& verb,
                                            const std::vector<std::string>& attributes,
                                            std::string_view offered) {
  std::vector<std::string> lines;
  for (const std::string& attribute : attributes) {
    if (!offers(offered, attribute.substr(0, attribute.find('=')))) continue;
    if (lines.empty() || lines.back().size() + 1 + attribute.size() + 2 > kLongestCommand)
      lines.push_back(verb);
    lines.back() += ' ' + attribute;
  }
  return lines;
}

NextHopConnection::NextHopConnection(std::shared_ptr<const NextHopTarget> target,
                                     const asio::any_io_executor& executor)
    : target_(std::move(target)), stream_(SmtpStream::Socket(executor), target_->deadlines) {}

std::chrono::seconds NextHopConnection::reply_timeout() const { return target_->reply_timeout(); }

asio::awaitable<std::unique_ptr<NextHopConnection>> NextHopConnection::connect(
    const std::shared_ptr<const NextHopTarget>& target) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::string fault = "no address";
  for (const Endpoint& endpoint : co_await endpoints_of(target->url)) {
    std::unique_ptr<NextHopConnection> connection(new NextHopConnection(target, executor));
    try {
      co_await connection->stream_.connect(endpoint,
                                           std::chrono::seconds(target->settings.connect_timeout_seconds));
      co_return connection;
    } catch (const StreamError& error) {
      fault = error.what();
    }
  }
  throw NextHopFault(fault);
}

asio::awaitable<std::unique_ptr<NextHopConnection>> NextHopConnection::open(
    std::shared_ptr<const NextHopTarget> target, std::chrono::seconds greeting_timeout) {
  std::unique_ptr<NextHopConnection> connection = co_await connect(target);
  bool retry_in_clear = false;
  try {
    co_await connection->greet(target->settings.tls != "none", greeting_timeout);
  } catch (const NextHopFault&) {
    if (!connection->tls_failed_ || target->requires_tls()) throw;
    retry_in_clear = true;
  }
  if (retry_in_clear) {
    connection = co_await connect(target);
    co_await connection->greet(false, greeting_timeout);
  }
  co_return connection;
}

asio::awaitable<void> NextHopConnection::greet(bool with_starttls, std::chrono::seconds timeout) {
  const NextHopTarget& target = *target_;
  const bool implicit = target.url.scheme == mail::NextHopUrl::Scheme::smtps;
  try {
    if (implicit) {
      co_await stream_.start_tls_as_client(*target.tls, target.url.host, target.verifies(), timeout);
    }
  } catch (const StreamError& error) {
    throw NextHopFault(error.what());
  }
  const mail::SmtpReply greeting = co_await reply(timeout);
  if (!greeting.positive()) throw NextHopFault("greeting: " + greeting.text());
  co_await hello(timeout);
  if (implicit || !with_starttls) co_return;
  if (!capabilities_.has("STARTTLS")) {
    if (target.requires_tls()) throw NextHopFault("STARTTLS is required and not offered");
    co_return;
  }
  const mail::SmtpReply ready = co_await command("STARTTLS", timeout);
  if (!ready.positive()) {
    if (target.requires_tls()) throw NextHopFault("STARTTLS: " + ready.text());
    co_return;
  }
  try {
    const std::string& name = target.url.host.empty() ? target.hostname : target.url.host;
    co_await stream_.start_tls_as_client(*target.tls, name, target.verifies(), timeout);
  } catch (const StreamError& error) {
    tls_failed_ = true;
    throw NextHopFault(error.what());
  }
  co_await hello(timeout);
}

asio::awaitable<void> NextHopConnection::hello(std::chrono::seconds timeout) {
  const std::string verb = target_->is_lmtp() ? "LHLO " : "EHLO ";
  const mail::SmtpReply answer = co_await command(verb + target_->hostname, timeout);
  if (!answer.positive()) throw NextHopFault(verb + "refused: " + answer.text());
  capabilities_ = mail::SmtpCapabilities(answer);
}

asio::awaitable<void> NextHopConnection::change_client(const std::vector<std::string>& attributes) {
  bound_to_client_ = true;
  for (const std::string& line :
       attribute_commands("XCLIENT", attributes, capabilities_.parameters("XCLIENT"))) {
    const mail::SmtpReply answer = co_await command(line);
    if (!answer.positive()) throw NextHopFault("XCLIENT refused: " + answer.text());
    co_await hello(reply_timeout());
  }
}

asio::awaitable<mail::SmtpReply> NextHopConnection::command(const std::string& line) {
  co_return co_await command(line, reply_timeout());
}

asio::awaitable<mail::SmtpReply> NextHopConnection::command(const std::string& line,
                                                            std::chrono::seconds timeout) {
  // A reply that nobody asked for would be taken for the answer to this command.
  if (stream_.has_input()) throw NextHopFault("a reply without a command");
  stream_.queue(line);
  stream_.queue("\r\n");
  co_return co_await reply(timeout);
}

asio::awaitable<mail::SmtpReply> NextHopConnection::commands(const std::vector<std::string>& lines) {
  mail::SmtpReply answer;
  if (!capabilities_.has("PIPELINING")) {
    for (const std::string& line : lines) answer = co_await command(line);
    co_return answer;
  }
  if (stream_.has_input()) throw NextHopFault("a reply without a command");
  for (const std::string& line : lines) {
    stream_.queue(line);
    stream_.queue("\r\n");
  }
  for (std::size_t waiting = lines.size(); waiting > 0; --waiting) answer = co_await reply(reply_timeout());
  co_return answer;
}

asio::awaitable<mail::SmtpReply> NextHopConnection::reply(std::chrono::seconds timeout) {
  mail::SmtpReply answer;
  try {
    answer = co_await stream_.read_reply(timeout);
  } catch (const StreamError& error) {
    throw NextHopFault(error.what());
  }
  last_reply_ = std::chrono::steady_clock::now();
  if (answer.code == 421) throw NextHopFault(answer.text());
  co_return answer;
}

asio::awaitable<std::vector<mail::SmtpReply>> NextHopConnection::send(const OutgoingMessage& message,
                                                                      std::size_t replies) {
  mail::DotStuffer stuffer;
  mail::Pieces pieces;
  std::size_t waiting = 0;
  std::vector<mail::SmtpReply> answers;
  try {
    for (std::string_view rest : message.segments()) {
      while (!rest.empty()) {
        const std::string_view slice = rest.substr(0, kWriteAtOnce);
        rest.remove_prefix(slice.size());
        stuffer.stuff(slice, pieces);
        waiting += slice.size();
        if (waiting < kWriteAtOnce) continue;
        co_await stream_.write(pieces, reply_timeout());
        pieces.clear();
        waiting = 0;
      }
    }
    // Beyond this point the next hop may have taken the message: only its reply tells.
    pieces.push_back(stuffer.end());
    co_await stream_.write(pieces, reply_timeout());
  } catch (const StreamError& error) {
    throw NextHopFault(error.what());
  }
  while (answers.size() < replies) answers.push_back(co_await reply(reply_timeout()));
  co_return answers;
}

}  // namespace scanner
