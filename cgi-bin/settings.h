#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace formmail {

/// formmail.toml: what the hoster sets for all sites of a machine. The defaults stand here.
struct Settings {
  /// [relay] HOST:PORT that takes the mails: scanrelay, or a mail server.
  std::string relay_server = "127.0.0.1:10025";
  /// [outbox] Holds all that formmail keeps: queued mails, waiting uploads, one-time numbers, the secret of
  /// the seals. Its files can be read by formmail's user alone.
  std::filesystem::path outbox_directory = "/var/spool/sekisho/formmail";
  /// [shared_ssl] Hosts on which the first segment of the path names the site. Lower case.
  std::vector<std::string> shared_ssl_hosts;
  /// [sites] Folder of the files NAME.toml.
  std::filesystem::path sites_directory;
  /// [pages] Folder whose files stand in for those of templates/pages; "" none.
  std::filesystem::path page_templates;
  /// [mails] Folder whose files stand in for those of templates/mails; "" none.
  std::filesystem::path mail_templates;
  /// [mails] Of the dates in mails and lists; "" the machine's.
  std::string time_zone;

  /// [confirm] How long a confirmation page can be sent.
  int confirm_expires_minutes = 30;
  /// [confirm] The shortest believable time between the confirmation page and its sending; 0: any.
  int confirm_minimum_seconds = 0;

  /// [limits] A longer request is refused unread (413).
  std::int64_t max_request_bytes = 10485760;
  /// [limits] Bytes of all names and values of a request in UTF-8, without files.
  std::int64_t max_text_bytes = 1048576;
  std::int64_t max_fields = 1000;
  std::int64_t max_files = 20;
  /// [limits] Submissions an hour by client address (/64 for IPv6) and by profile; 0: no limit (429).
  std::int64_t per_client_per_hour = 0;
  std::int64_t per_profile_per_hour = 0;
  /// [limits] Submissions an hour to one recipient, over all profiles that name it; 0: no limit.
  std::int64_t per_recipient_per_hour = 0;
  /// [limits] Bytes that uploads of all sites may wait in until their confirmation; each counts 64 KiB at
  /// least.
  std::int64_t max_waiting_upload_bytes = 1073741824;
  /// [limits] The same, of one client's uploads.
  std::int64_t max_waiting_upload_bytes_per_client = 104857600;
  /// [limits] Proxies (addresses or networks) whose X-Forwarded-For names the client.
  std::vector<std::string> trusted_proxies;

  /// [metrics] HOST:PORT where `serve` answers GET /metrics and /health; "" nowhere.
  std::string metrics_listen;

  /// Reads and checks formmail.toml. Throws mail::ConfigError.
  static Settings read(const std::filesystem::path& file);

  /// [webhook] Networks that webhooks may call though they aren't public, and without TLS: the hoster's own.
  std::vector<std::string> webhook_allowed_networks;
  /// [webhook] PEM file of the CAs that webhooks trust; "" the system's.
  std::filesystem::path webhook_certificates;
  /// [webhook] Time for one call.
  int webhook_timeout_seconds = 10;

  /// False in a rehearsal, which has nobody to ask.
  bool asks_challenges = true;

  bool operator==(const Settings&) const = default;
};

}  // namespace formmail
