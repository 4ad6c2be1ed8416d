#include "scanner/settings.h"

#include <asio/ip/address.hpp>
#include <asio/ip/network_v4.hpp>
#include <asio/ip/network_v6.hpp>
#include <stdexcept>

#include "mail/config.h"
#include "mail/endpoint.h"
#include "mail/smtp/next_hop_url.h"

namespace scanner {

namespace {

using mail::ConfigTable;

constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;
constexpr std::string_view kMaildir = "maildir:";

void check_endpoints(const ConfigTable& table, std::string_view key, const std::vector<std::string>& list) {
  for (const std::string& text : list) {
    if (!mail::parse_endpoint(text)) {
      table.fail(key, "has \"" + text + "\": expected HOST:PORT, \"127.0.0.1:10025\" or \"[::1]:10025\"");
    }
  }
}

bool is_network(const std::string& text) {
  std::error_code error;
  if (text.find('/') == std::string::npos) {
    asio::ip::make_address(text, error);
  } else if (text.find(':') == std::string::npos) {
    asio::ip::make_network_v4(text, error);
  } else {
    asio::ip::make_network_v6(text, error);
  }
  return !error;
}

void check_networks(const ConfigTable& table, std::string_view key, const std::vector<std::string>& list) {
  for (const std::string& text : list) {
    if (!is_network(text)) {
      table.fail(key, "has \"" + text + "\": expected an address or a network, \"192.0.2.0/24\" or \"::1\"");
    }
  }
}

constexpr int kLeastTextLine = 1000;
constexpr const char* kHostnameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:";

void read_smtp(ConfigTable table, Settings::Smtp& smtp) {
  smtp.listen = table.texts("listen", smtp.listen);
  check_endpoints(table, "listen", smtp.listen);
  smtp.hostname = table.text("hostname", smtp.hostname);
  if (smtp.hostname.find_first_not_of(kHostnameCharacters) != std::string::npos) {
    table.fail("hostname", "must be a host name, \"mx.example.com\", or an address in brackets");
  }
  smtp.max_message_bytes = static_cast<std::uint64_t>(
      table.integer("max_message_bytes", static_cast<std::int64_t>(smtp.max_message_bytes), 1, kMostBytes));
  smtp.trusted_clients = table.texts("trusted_clients", smtp.trusted_clients);
  check_networks(table, "trusted_clients", smtp.trusted_clients);
  smtp.xforward_clients = table.texts("xforward_clients", smtp.xforward_clients);
  check_networks(table, "xforward_clients", smtp.xforward_clients);
  smtp.max_connections = static_cast<int>(table.integer("max_connections", smtp.max_connections, 1, 100000));
  smtp.max_connections_per_client = static_cast<int>(
      table.integer("max_connections_per_client", smtp.max_connections_per_client, 1, 100000));
  smtp.normalize_bare_newline =
      table.choice("bare_newline", "reject", {"reject", "normalize"}) == "normalize";
  smtp.tls_certificate = table.path("tls_certificate", "");
  smtp.tls_key = table.path("tls_key", "");
  if (smtp.tls_certificate.empty() != smtp.tls_key.empty()) {
    table.fail(smtp.tls_key.empty() ? "tls_certificate" : "tls_key",
               "stands alone: tls_certificate and tls_key are given both or not at all");
  }
  smtp.listen_tls = table.texts("listen_tls", smtp.listen_tls);
  check_endpoints(table, "listen_tls", smtp.listen_tls);
  if (!smtp.listen_tls.empty() && smtp.tls_key.empty()) {
    table.fail("listen_tls", "needs tls_certificate and tls_key");
  }
  if (smtp.listen.empty() && smtp.listen_tls.empty()) {
    table.fail("listen", "is empty, and so is listen_tls: nothing would listen");
  }
  smtp.command_timeout_seconds =
      static_cast<int>(table.integer("command_timeout_seconds", smtp.command_timeout_seconds, 1, 86400));
  smtp.data_timeout_seconds =
      static_cast<int>(table.integer("data_timeout_seconds", smtp.data_timeout_seconds, 1, 86400));
  smtp.message_timeout_seconds =
      static_cast<int>(table.integer("message_timeout_seconds", smtp.message_timeout_seconds, 1, 86400));
  smtp.max_command_line_bytes =
      static_cast<int>(table.integer("max_command_line_bytes", smtp.max_command_line_bytes, 512, 65536));
  smtp.max_text_line_bytes =
      static_cast<int>(table.integer("max_text_line_bytes", smtp.max_text_line_bytes, 0, 1000000000));
  if (smtp.max_text_line_bytes > 0 && smtp.max_text_line_bytes < kLeastTextLine) {
    table.fail("max_text_line_bytes",
               "must be 0 (no limit) or at least 1000, which RFC 5321 grants every sender");
  }
  smtp.max_recipients = static_cast<int>(table.integer("max_recipients", smtp.max_recipients, 1, 1000000));
}

void read_next_hop(ConfigTable table, const std::filesystem::path& folder, Settings::NextHop& next_hop) {
  next_hop.deliver = table.text("deliver", next_hop.deliver);
  try {
    mail::parse_next_hop_url(next_hop.deliver);
  } catch (const std::invalid_argument& error) {
    table.fail("deliver", std::string("is wrong: ") + error.what());
  }
  if (next_hop.deliver.starts_with(kMaildir)) {
    next_hop.deliver = std::string(kMaildir) + (folder / next_hop.deliver.substr(kMaildir.size())).string();
  }
  next_hop.connect_timeout_seconds =
      static_cast<int>(table.integer("connect_timeout_seconds", next_hop.connect_timeout_seconds, 1, 3600));
  next_hop.reply_timeout_seconds =
      static_cast<int>(table.integer("reply_timeout_seconds", next_hop.reply_timeout_seconds, 1, 3600));
  next_hop.tls = table.choice("tls", next_hop.tls, {"none", "may", "require", "verify"});
  next_hop.tls_ca_file = table.path("tls_ca_file", "");
  next_hop.idle_connections =
      static_cast<int>(table.integer("idle_connections", next_hop.idle_connections, 0, 10000));
  next_hop.lmtp_recipients = table.choice("lmtp_recipients", next_hop.lmtp_recipients, {"together", "one"});
}

UnscannablePolicy unscannable_policy(std::string_view word) {
  if (word == "remove") return UnscannablePolicy::remove;
  return word == "reject" ? UnscannablePolicy::reject : UnscannablePolicy::tag;
}

AmbiguousPolicy ambiguous_policy(std::string_view word) {
  if (word == "canonicalize") return AmbiguousPolicy::canonicalize;
  return word == "reject" ? AmbiguousPolicy::reject : AmbiguousPolicy::pass;
}

void read_scanner(ConfigTable table, Settings::Scanner& scanner) {
  scanner.databases = table.paths("databases", {});
  scanner.workers = static_cast<int>(table.integer("workers", scanner.workers, 0, 256));
  scanner.timeout_seconds =
      static_cast<int>(table.integer("timeout_seconds", scanner.timeout_seconds, 1, 3600));
  scanner.worker_memory_bytes = static_cast<std::uint64_t>(
      table.integer("worker_memory_bytes", static_cast<std::int64_t>(scanner.worker_memory_bytes),
                    std::int64_t{64} << 20, kMostBytes));
  scanner.unscannable = unscannable_policy(table.choice("unscannable", "tag", {"tag", "remove", "reject"}));
  scanner.ambiguous = ambiguous_policy(table.choice("ambiguous", "pass", {"pass", "canonicalize", "reject"}));
}

void read_quarantine(ConfigTable table, Settings::Quarantine& quarantine) {
  quarantine.directory = table.path("directory", "");
  quarantine.keep_days = static_cast<int>(table.integer("keep_days", quarantine.keep_days, 1, 36500));
  quarantine.keep_bytes = static_cast<std::uint64_t>(
      table.integer("keep_bytes", static_cast<std::int64_t>(quarantine.keep_bytes), 0, kMostBytes));
}

void read_metrics(ConfigTable table, Settings::Metrics& metrics) {
  metrics.listen = table.text("listen", metrics.listen);
  if (!metrics.listen.empty()) check_endpoints(table, "listen", {metrics.listen});
}

}  // namespace

Settings read_settings(const std::filesystem::path& file) {
  Settings settings;
  ConfigTable root = ConfigTable::read(file);
  read_smtp(root.table("smtp"), settings.smtp);
  read_next_hop(root.table("next_hop"), file.parent_path(), settings.next_hop);
  read_scanner(root.table("scanner"), settings.scanner);
  settings.notice.templates = root.table("notice").path("templates", "");
  settings.process.user = root.table("process").text("user", "");
  read_quarantine(root.table("quarantine"), settings.quarantine);
  read_metrics(root.table("metrics"), settings.metrics);
  root.finish();
  return settings;
}

}  // namespace scanner
