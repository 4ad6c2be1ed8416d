#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/treatment/treatment.h"

namespace scanner {

/// scanrelay.toml. Defaults stand at the fields; doc/scanrelay.toml.5 explains them, and a test holds the two
/// together. Durations are in seconds, sizes in bytes.
struct Settings {
  struct Smtp {
    std::vector<std::string> listen = {"127.0.0.1:10025"};
    std::string hostname;  ///< "": this host's name
    std::uint64_t max_message_bytes = 10485760;
    std::vector<std::string> trusted_clients = {"127.0.0.0/8", "::1"};
    std::vector<std::string> xforward_clients;  ///< given: in place of trusted_clients
    int max_connections = 1000;
    int max_connections_per_client = 500;
    bool normalize_bare_newline = false;
    std::filesystem::path tls_certificate;
    std::filesystem::path tls_key;
    std::vector<std::string> listen_tls;
    int command_timeout_seconds = 300;   ///< RFC 5321, 4.5.3.2.7
    int data_timeout_seconds = 180;      ///< without a byte inside DATA; RFC 5321, 4.5.3.2.5
    int message_timeout_seconds = 3600;  ///< for a whole message inside DATA
    int max_recipients = 1000;
    int max_command_line_bytes = 4096;  ///< CRLF included; RFC 5321 has 512, its extensions add to that
    int max_text_line_bytes = 0;        ///< of a message, CRLF included; RFC 5321 has 1000. 0: no limit

    friend bool operator==(const Smtp&, const Smtp&) = default;
  } smtp;
  struct NextHop {
    std::string deliver = "maildir:./Maildir";
    int connect_timeout_seconds = 10;
    int reply_timeout_seconds = 300;
    std::string tls = "may";  ///< STARTTLS towards smtp:// and lmtp://: "none", "may", "require", "verify"
    std::filesystem::path tls_ca_file;         ///< "": the system's
    int idle_connections = 20;                 ///< kept for reuse
    std::string lmtp_recipients = "together";  ///< "together", "one": a transaction for each

    friend bool operator==(const NextHop&, const NextHop&) = default;
  } next_hop;
  struct Scanner {
    std::vector<std::filesystem::path> databases;
    int workers = 0;  ///< 0: one a core
    int timeout_seconds = 30;
    std::uint64_t worker_memory_bytes = 1073741824;  ///< address space of a worker beyond the engine's
    UnscannablePolicy unscannable = UnscannablePolicy::tag;
    AmbiguousPolicy ambiguous = AmbiguousPolicy::pass;

    friend bool operator==(const Scanner&, const Scanner&) = default;
  } scanner;
  struct Notice {
    std::filesystem::path templates;  ///< "": see notice_templates()

    friend bool operator==(const Notice&, const Notice&) = default;
  } notice;
  struct Process {
    std::string user;

    friend bool operator==(const Process&, const Process&) = default;
  } process;
  struct Quarantine {
    std::filesystem::path directory;
    int keep_days = 30;
    std::uint64_t keep_bytes = 1073741824;

    friend bool operator==(const Quarantine&, const Quarantine&) = default;
  } quarantine;
  struct Metrics {
    std::string listen;

    friend bool operator==(const Metrics&, const Metrics&) = default;
  } metrics;

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// The forms of `next_hop.deliver`, for messages.
inline constexpr std::string_view kNextHopForms =
    "smtp://HOST[:PORT], smtps://HOST[:PORT], lmtp://HOST[:PORT], lmtp:/SOCKET or maildir:PATH";

/// Reads and checks the whole file. Relative paths (that of a maildir: next hop too) are taken from its
/// folder. Throws mail::ConfigError.
Settings read_settings(const std::filesystem::path& file);

}  // namespace scanner
