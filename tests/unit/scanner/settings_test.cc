#include "scanner/settings.h"

#include <filesystem>
#include <fstream>

#include "mail/config.h"

namespace {

class SettingsFile {
 public:
  explicit SettingsFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "settings-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(path()) << text;
  }
  ~SettingsFile() { std::filesystem::remove_all(folder_); }
  SettingsFile(const SettingsFile&) = delete;
  SettingsFile& operator=(const SettingsFile&) = delete;

  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path path() const { return folder_ / "scanrelay.toml"; }
  scanner::Settings read() const { return scanner::read_settings(path()); }
  std::string error() const {
    try {
      read();
    } catch (const mail::ConfigError& error) {
      return std::string(error.what()).substr(path().string().size());
    }
    return "no error";
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("an empty configuration gives the defaults, its Maildir beside the file") {
  const SettingsFile file("");
  scanner::Settings expected;
  expected.next_hop.deliver = "maildir:" + (file.folder() / "./Maildir").string();
  CHECK(file.read() == expected);
}

TEST_CASE("every key is read into its field") {
  const SettingsFile file(R"(
[smtp]
listen = ["[::1]:25"]
hostname = "mx.example"
max_message_bytes = 2048
trusted_clients = ["192.0.2.0/24", "2001:db8::/32"]
xforward_clients = ["192.0.2.1"]
max_connections = 7
max_connections_per_client = 3
bare_newline = "normalize"
tls_certificate = "c.pem"
tls_key = "/k.pem"
listen_tls = ["127.0.0.1:465"]
command_timeout_seconds = 1
data_timeout_seconds = 2
message_timeout_seconds = 8
max_recipients = 5
max_command_line_bytes = 600
max_text_line_bytes = 1001
[next_hop]
deliver = "lmtp:/run/lmtp"
connect_timeout_seconds = 3
reply_timeout_seconds = 4
tls = "verify"
tls_ca_file = "ca.pem"
idle_connections = 0
lmtp_recipients = "one"
[scanner]
databases = ["db", "/var/db"]
workers = 2
timeout_seconds = 9
worker_memory_bytes = 134217728
unscannable = "reject"
ambiguous = "canonicalize"
[notice]
templates = "t"
[process]
user = "nobody"
[quarantine]
directory = "q"
keep_days = 4
keep_bytes = 5
[metrics]
listen = "127.0.0.1:9110"
)");
  const scanner::Settings read = file.read();
  scanner::Settings expected;
  expected.smtp = {{"[::1]:25"},
                   "mx.example",
                   2048,
                   {"192.0.2.0/24", "2001:db8::/32"},
                   {"192.0.2.1"},
                   7,
                   3,
                   true,
                   file.folder() / "c.pem",
                   "/k.pem",
                   {"127.0.0.1:465"},
                   1,
                   2,
                   8,
                   5,
                   600,
                   1001};
  expected.next_hop = {"lmtp:/run/lmtp", 3, 4, "verify", file.folder() / "ca.pem", 0, "one"};
  expected.scanner = {
      {file.folder() / "db", "/var/db"},     2, 9, 134217728, scanner::UnscannablePolicy::reject,
      scanner::AmbiguousPolicy::canonicalize};
  expected.notice.templates = file.folder() / "t";
  expected.process.user = "nobody";
  expected.quarantine = {file.folder() / "q", 4, 5};
  expected.metrics.listen = "127.0.0.1:9110";
  CHECK(read == expected);
}

TEST_CASE("a mistake is reported at its line with what was expected") {
  const auto [text, error] = GENERATE(table<std::string, std::string>({
      {"[smtp]\nlisten = [\"10025\"]", ":2: smtp.listen has \"10025\": expected HOST:PORT"},
      {"[smtp]\n\nlisen = []", ":3: unknown key \"lisen\" in [smtp]; did you mean \"listen\"?"},
      {"[smtp]\ntrusted_clients = [\"10.0.0.0/33\"]", ":2: smtp.trusted_clients has \"10.0.0.0/33\""},
      {"[smtp]\ntls_key = \"k\"", ":2: smtp.tls_key stands alone"},
      {"[smtp]\nlisten_tls = [\"*:465\"]", ":2: smtp.listen_tls needs tls_certificate"},
      {"[smtp]\nhostname = \"a b\"", ":2: smtp.hostname must be a host name"},
      {"[smtp]\nmax_text_line_bytes = 999",
       ":2: smtp.max_text_line_bytes must be 0 (no limit) or at least 1000"},
      {"[smtp]\nlisten = []", ":2: smtp.listen is empty"},
      {"[next_hop]\ndeliver = \"smtp:127.0.0.1\"",
       ":2: next_hop.deliver is wrong: next hop \"smtp:127.0.0.1\""},
      {"[scanner]\nunscannable = \"drop\"", ":2: scanner.unscannable must be \"tag\" or"},
      {"[scaner]\n", ":1: unknown key \"scaner\"; did you mean \"scanner\"?"},
      {"[scanner]\ntimeout_seconds = \"30\"", ":2: scanner.timeout_seconds must be a whole number"},
  }));
  CHECK_THAT(SettingsFile(text).error(), Catch::Matchers::StartsWith(error));
}
