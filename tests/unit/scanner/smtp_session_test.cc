#include <chrono>

#include "tests/unit/scanner/relay_fixture.h"

using namespace std::chrono_literals;
using scanner::Client;
using scanner::Relay;
using scanner::Settings;

namespace {

/// Greeted and past EHLO.
struct Session : Client {
  explicit Session(const Relay& relay) : Client(relay.port()) {
    REQUIRE(reply().starts_with("220 relay.example "));
    REQUIRE((*this)("EHLO client.example").starts_with("250-relay.example"));
  }
};

}  // namespace

TEST_CASE("clean mail is delivered with its lines on top and every byte as it was") {
  Relay relay;
  Session client(relay);
  CHECK(client.transaction("Subject: x\r\n\r\n..dot\r\n.\r\n").starts_with("250 2.0.0 Ok"));
  CHECK(client.transaction(".\r\n").starts_with("250 "));
  CHECK(client("QUIT") == "221 2.0.0 Bye");
  CHECK(client.reply().empty());
  CHECK(relay.delivered() ==
        std::vector<std::string>{"X-Virus-Status: clean\nSubject: x\n\n.dot\n", "X-Virus-Status: clean\n"});
}

TEST_CASE("what a worker cut or changed is what is delivered") {
  Relay relay;
  Session client(relay);
  CHECK(client.transaction("X-Virus-Status: forged\r\nSubject: x\r\n\r\n.\r\n").starts_with("250"));
  CHECK(client.transaction("Subject: VIRUS\r\n\r\n.\r\n").starts_with("250"));
  CHECK(relay.delivered() == std::vector<std::string>{"X-Virus-Status: clean\nSubject: x\n\n",
                                                      "X-Virus-Status: removed\n\n.gone\n"});
}

TEST_CASE("what can't be scanned is deferred, what is rejected is refused, and the session goes on") {
  Relay relay;
  Session client(relay);
  CHECK(client.transaction("CRASH\r\n.\r\n").starts_with("451 4.3.0 "));
  CHECK(client.transaction("REJECT\r\n.\r\n").starts_with("550 5.7.1 "));
  CHECK(relay.delivered().empty());
  CHECK(client.transaction("fine\r\n.\r\n").starts_with("250 "));
}

TEST_CASE("EHLO offers what a Maildir can take") {
  Relay relay;
  Client client(relay.port());
  client.reply();
  CHECK(client("EHLO c") ==
        "250-relay.example\r\n250-SIZE "
        "10485760\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
  CHECK(client("HELO c") == "250 relay.example");
}

TEST_CASE("a message one byte over the limit is read to its end and refused; at the limit it passes") {
  Settings settings;
  settings.smtp.max_message_bytes = 2000;
  Relay relay(settings);
  Session client(relay);
  const std::string line = ".." + std::string(97, 'x') + "\r\n";  // 100 bytes, its second dot is no part
  std::string wire;
  for (int i = 0; i < 20; ++i) wire += line;
  CHECK(client.transaction(wire + ".\r\n").starts_with("250 "));
  CHECK(client.transaction(wire + "\r\n.\r\n").starts_with("552 5.3.4 "));
  CHECK(client.transaction(wire + wire + wire + ".\r\n").starts_with("552 5.3.4 "));
  CHECK(client("MAIL FROM:<a@b> SIZE=2001").starts_with("552 5.3.4 "));
  CHECK(client("MAIL FROM:<a@b> SIZE=99999999999999999999").starts_with("552 5.3.4 "));
  CHECK(client("MAIL FROM:<a@b> SIZE=x").starts_with("501 "));
  CHECK(client("MAIL FROM:<a@b> SIZE=2000").starts_with("250 "));
  CHECK(relay.delivered().size() == 1);
}

TEST_CASE("a bare CR or LF refuses the message and never ends it") {
  Relay relay;
  Session client(relay);
  for (const std::string smuggled : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r"}) {
    INFO(smuggled);
    CHECK(client.transaction("a" + smuggled + "MAIL FROM:<x@y>\r\n.\r\n").starts_with("550 5.6.11 "));
  }
  CHECK(client.transaction(std::string("a\r\n\0.\r\n.\r\n", 10)).starts_with("550 5.6.0 "));
  CHECK(client("NOOP") == "250 2.0.0 Ok");
  CHECK(relay.delivered().empty());
}

TEST_CASE("bare newlines are made CRLF if the settings say so; a NUL is refused all the same") {
  Settings settings;
  settings.smtp.normalize_bare_newline = true;
  Relay relay(settings);
  Session client(relay);
  CHECK(client.transaction("a\n.\r\nb\rc\r\n.\r\n").starts_with("250 "));
  CHECK(client.transaction(std::string("a\r\n\0.\r\n.\r\n", 10)).starts_with("550 5.6.0 "));
  CHECK(relay.delivered() == std::vector<std::string>{"X-Virus-Status: clean\na\n.\nb\nc\n"});
}

TEST_CASE("a client that vanishes inside DATA has sent nothing") {
  Relay relay;
  {
    Session client(relay);
    client.begin();
    client.send("Subject: half\r\n\r\n.\r");
    client.hang_up();
    CHECK(client.reply().empty());
  }
  CHECK(relay.delivered().empty());
}

TEST_CASE("commands that come together are answered in order") {
  Relay relay;
  Session client(relay);
  client.send("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<>\r\nDATA\r\nhello\r\n.\r\nNOOP\r\nQUIT\r\n");
  for (const std::string code : {"250", "250", "501", "354", "250", "250", "221"}) {
    CHECK(client.reply().substr(0, 3) == code);
  }
  CHECK(relay.delivered() == std::vector<std::string>{"X-Virus-Status: clean\nhello\n"});
}

TEST_CASE("commands out of order are 503, unknown ones 500, bad ones 501") {
  Relay relay;
  Client client(relay.port());
  client.reply();
  CHECK(client("MAIL FROM:<a@b>").starts_with("503 "));
  CHECK(client("EHLO").starts_with("501 "));
  CHECK(client("EHLO x").starts_with("250-"));
  CHECK(client("RCPT TO:<a@b>").starts_with("503 "));
  CHECK(client("DATA").starts_with("503 "));
  CHECK(client("MAIL TO:<a@b>").starts_with("501 "));
  CHECK(client("MAIL FROM:<a@b").starts_with("501 "));
  CHECK(client("MAIL FROM:<a@b>").starts_with("250 "));
  CHECK(client("MAIL FROM:<a@b>").starts_with("503 "));
  CHECK(client("DATA").starts_with("503 "));
  CHECK(client("RSET") == "250 2.0.0 Ok");
  CHECK(client("RCPT TO:<a@b>").starts_with("503 "));
  CHECK(client("RSET now").starts_with("501 "));
  CHECK(client("VRFY x").starts_with("252 "));
  CHECK(client("AUTH PLAIN").starts_with("502 "));
  CHECK(client("STARTTLS").starts_with("502 "));
  CHECK(client("GET / HTTP/1.1").starts_with("500 "));
}

TEST_CASE("an over-long command line gets one 500 and is dropped") {
  Relay relay;
  Session client(relay);
  CHECK(client("NOOP " + std::string(1000000, 'x')).starts_with("500 5.5.2 Line too long"));
  CHECK(client("NOOP") == "250 2.0.0 Ok");
  CHECK(client(std::string("NOOP\0", 5)).starts_with("500 "));
  CHECK(client("NOOP\rNOOP").starts_with("500 "));
  client.send("NOOP\n");
  CHECK(client.reply().starts_with("500 "));
  CHECK(client("NOOP") == "250 2.0.0 Ok");
}

TEST_CASE("lines over the limits that the settings name are refused") {
  Settings settings;
  settings.smtp.max_command_line_bytes = 512;
  settings.smtp.max_text_line_bytes = 1000;
  Relay relay(settings);
  Session client(relay);
  CHECK(client("NOOP " + std::string(505, 'x')).starts_with("250 "));
  CHECK(client("NOOP " + std::string(506, 'x')).starts_with("500 "));
  CHECK(client.transaction(std::string(998, 'x') + "\r\n.\r\n").starts_with("250 "));
  CHECK(client.transaction("." + std::string(998, '.') + "\r\n.\r\n").starts_with("250 "));
  CHECK(client.transaction(std::string(999, 'x') + "\r\n.\r\n").starts_with("500 5.6.0 "));
  CHECK(relay.delivered().size() == 2);
}

TEST_CASE("a message that comes too slowly as a whole is cut off though bytes keep coming") {
  Settings settings;
  settings.smtp.message_timeout_seconds = 1;
  Relay relay(settings);
  Session client(relay);
  client.begin();
  for (int i = 0; i < 8; ++i) {
    client.send("x\r\n");
    std::this_thread::sleep_for(100ms);
  }
  CHECK(client.reply().starts_with("421 4.4.2 "));
  CHECK(relay.delivered().empty());
}

TEST_CASE("a client that is not trusted can only quit") {
  Settings settings;
  settings.smtp.trusted_clients = {"192.0.2.0/24"};
  Relay relay(settings);
  Client client(relay.port());
  CHECK(client.reply() == "554 5.7.1 Access denied\r\n");
  CHECK(client("EHLO x").starts_with("503 "));
  CHECK(client("MAIL FROM:<a@b>").starts_with("503 "));
  CHECK(client("QUIT").starts_with("221 "));
}

TEST_CASE("connections over the limits are turned away and the others stay") {
  Settings settings;
  settings.smtp.max_connections = 3;
  settings.smtp.max_connections_per_client = 2;
  Relay relay(settings);
  Session first(relay);
  {
    Session second(relay);
    CHECK(Client(relay.port()).reply().starts_with("421 4.7.0 "));
    CHECK(second("QUIT").starts_with("221"));
    CHECK(second.reply().empty());
  }
  CHECK(Client(relay.port()).reply().starts_with("220 "));
  CHECK(first("NOOP").starts_with("250"));
}

TEST_CASE("who is silent for too long is told so and cut off") {
  Settings settings;
  settings.smtp.command_timeout_seconds = 1;
  settings.smtp.data_timeout_seconds = 1;
  Relay relay(settings);
  Session command(relay);
  CHECK(command.reply().starts_with("421 4.4.2 "));
  CHECK(command.reply().empty());
  Session data(relay);
  data.begin();
  data.send("half a mess");
  CHECK(data.reply().starts_with("421 4.4.2 "));
  CHECK(relay.delivered().empty());
}

TEST_CASE("XFORWARD is for those who may") {
  Relay relay;
  Session client(relay);
  CHECK(client("XFORWARD NAME=mx.example ADDR=192.0.2.1") == "250 2.0.0 Ok");
  CHECK(client("XFORWARD").starts_with("501 "));
  Settings settings;
  settings.smtp.xforward_clients = {"192.0.2.0/24"};
  Relay strict(settings);
  Session other(strict);
  CHECK(other("XFORWARD ADDR=192.0.2.1").starts_with("550 5.7.0 "));
  CHECK(other("XCLIENT ADDR=192.0.2.1").starts_with("550 5.7.0 "));
}

TEST_CASE("a drained relay ends idle sessions at once and others after their transaction") {
  Relay relay;
  Session idle(relay);
  Session busy(relay);
  busy.begin();
  relay.drain();
  CHECK(idle.reply().starts_with("421 4.3.2 "));
  busy.send("late\r\n.\r\n");
  CHECK(busy.reply().starts_with("250 "));
  CHECK(busy.reply().starts_with("421 4.3.2 "));
  CHECK(busy.reply().empty());
  for (int i = 0; i < 50 && !relay.drained(); ++i) std::this_thread::sleep_for(10ms);
  CHECK(relay.drained());
  CHECK(relay.delivered().size() == 1);
}
