#include "cgi-bin/settings.h"

#include <limits>

#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/site/host_name.h"
#include "mail/config.h"
#include "mail/endpoint.h"
#include "mail/smtp/connection.h"

namespace formmail {

namespace {

std::vector<std::string> networks(mail::ConfigTable table, std::string_view key) {
  std::vector<std::string> list = table.texts(key, {});
  for (const std::string& text : list) {
    if (!is_network(text)) {
      table.fail(key, "has \"" + text + "\": expected an address or a network, \"192.0.2.0/24\" or \"::1\"");
    }
  }
  return list;
}

std::string listen_address(mail::ConfigTable table, std::string_view key) {
  std::string address = table.text(key, "");
  if (!address.empty() && !address.starts_with("unix:") && !mail::parse_endpoint(address)) {
    table.fail(key, "must be HOST:PORT or unix:PATH");
  }
  return address;
}

}  // namespace

Settings Settings::read(const std::filesystem::path& file) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Settings settings;
  mail::ConfigTable top = mail::ConfigTable::read(file);

  mail::ConfigTable relay = top.table("relay");
  settings.relay_server = relay.text("server", settings.relay_server);
  if (!mail::SmtpEndpoint::parse(settings.relay_server))
    relay.fail("server", "must be HOST:PORT: 127.0.0.1:10025");

  settings.outbox_directory = top.table("outbox").path("directory", settings.outbox_directory.string());

  mail::ConfigTable shared_ssl = top.table("shared_ssl");
  for (const std::string& host : shared_ssl.texts("hosts", {})) {
    settings.shared_ssl_hosts.push_back(host_name(host));
    if (settings.shared_ssl_hosts.back().empty()) shared_ssl.fail("hosts", "must be host names: " + host);
  }
  settings.sites_directory = top.table("sites").path("directory", "sites");
  settings.page_templates = top.table("pages").path("templates", "");
  mail::ConfigTable mails = top.table("mails");
  settings.mail_templates = mails.path("templates", "");
  settings.time_zone = mails.text("time_zone", "");
  if (!settings.time_zone.empty() && !is_time_zone(settings.time_zone))
    mails.fail("time_zone", "is no time zone of this machine; one is \"Asia/Tokyo\"");

  mail::ConfigTable confirm = top.table("confirm");
  settings.confirm_expires_minutes =
      static_cast<int>(confirm.integer("expires_minutes", settings.confirm_expires_minutes, 1, 10080));
  settings.confirm_minimum_seconds =
      static_cast<int>(confirm.integer("minimum_seconds", settings.confirm_minimum_seconds, 0, 3600));

  mail::ConfigTable limits = top.table("limits");
  settings.max_request_bytes = limits.integer("max_request_bytes", settings.max_request_bytes, 1, 1073741824);
  settings.max_text_bytes = limits.integer("max_text_bytes", settings.max_text_bytes, 1, 1073741824);
  settings.max_fields = limits.integer("max_fields", settings.max_fields, 1, 100000);
  settings.max_files = limits.integer("max_files", settings.max_files, 0, 1000);
  settings.per_client_per_hour = limits.integer("per_client_per_hour", 0, 0, kMost);
  settings.per_profile_per_hour = limits.integer("per_profile_per_hour", 0, 0, kMost);
  settings.per_recipient_per_hour = limits.integer("per_recipient_per_hour", 0, 0, kMost);
  settings.max_waiting_upload_bytes_per_client = limits.integer(
      "max_waiting_upload_bytes_per_client", settings.max_waiting_upload_bytes_per_client, 0, kMost);
  settings.max_waiting_upload_bytes =
      limits.integer("max_waiting_upload_bytes", settings.max_waiting_upload_bytes, 0, kMost);
  settings.trusted_proxies = networks(limits, "trusted_proxies");

  settings.metrics_listen = listen_address(top.table("metrics"), "listen");

  mail::ConfigTable webhook = top.table("webhook");
  settings.webhook_allowed_networks = networks(webhook, "allowed_networks");
  settings.webhook_certificates = webhook.path("certificates", "");
  settings.webhook_timeout_seconds =
      static_cast<int>(webhook.integer("timeout_seconds", settings.webhook_timeout_seconds, 1, 60));

  top.finish();
  return settings;
}

}  // namespace formmail
