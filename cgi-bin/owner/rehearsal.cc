#include "cgi-bin/owner/rehearsal.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

#include "cgi-bin/form_mailer.h"
#include "cgi-bin/owner/sample.h"

namespace formmail {

namespace {

/// A folder of this process's own, removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "formmail-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), pattern);
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Takes submissions and sends nothing.
class Recorder : public Delivery {
 public:
  Outcome deliver(const Site& /*site*/, const Profile& /*profile*/, const Submission& submission) override {
    submission_ = submission;
    return Outcome::sent;
  }
  const std::optional<Submission>& submission() const { return submission_; }

 private:
  std::optional<Submission> submission_;
};

class StringSource : public BodySource {
 public:
  explicit StringSource(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min(size, bytes_.size());
    std::memcpy(buffer, bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
};

constexpr std::string_view kBoundary = "formmail-rehearsal-7d1c0b5e9a";

/// RFC 7578, in UTF-8.
std::string multipart(const FormData& data) {
  std::string body;
  const auto part = [&](std::string_view name) {
    body.append("--").append(kBoundary).append("\r\nContent-Disposition: form-data; name=\"");
    for (const char c : name) {
      // As browsers write what can't stand in the quotes.
      if (c == '"') body += "%22";
      if (c == '\r') body += "%0D";
      if (c == '\n') body += "%0A";
      if (c != '"' && c != '\r' && c != '\n') body += c;
    }
    body += '"';
  };
  for (const FormEntry& entry : data) {
    part(entry.name);
    if (entry.file_name) body.append("; filename=\"").append(*entry.file_name).append("\"");
    body.append("\r\n\r\n").append(entry.file_name ? entry.file_bytes : entry.value).append("\r\n");
  }
  return body.append("--").append(kBoundary).append("--\r\n");
}

class Rehearsal {
 public:
  Rehearsal(const PageForm& form, const Site& site, Settings settings, bool on_shared_host,
            std::string page_url)
      : form_(form),
        settings_(in_folder(std::move(settings), folder_.path())),
        page_url_(std::move(page_url)),
        log_("formmail", mail::LogLevel::error),
        sites_(settings_.sites_directory, folder_.path() / "hosts.index", log_),
        state_(make_sqlite_store(folder_.path(), log_)),
        mailer_(settings_, sites_, *state_, recorder_, metrics_, log_) {
    const bool shared = on_shared_host && !settings_.shared_ssl_hosts.empty();
    host_ = shared ? settings_.shared_ssl_hosts.front() : site.hosts.empty() ? site.name : site.hosts.front();
    path_ = (shared ? "/" + site.name : "") + std::string(kFormPath);
    https_ = shared;
    if (shared) page_url_ = "https://" + host_ + "/" + site.name + page_url_.substr(page_url_.find('/', 8));
  }

  Response send(FormData data) {
    // The texts are UTF-8, whatever the page is in.
    std::erase_if(data, [](const FormEntry& entry) { return entry.name == "_charset_"; });
    FormEntry& charset = data.emplace_back();
    charset.name = "_charset_";
    charset.value = "utf-8";
    const std::string body = multipart(data);
    const std::vector<std::string> variables = {
        "REQUEST_METHOD=POST",
        "GATEWAY_INTERFACE=CGI/1.1",
        "SERVER_PROTOCOL=HTTP/1.1",
        "HTTP_HOST=" + host_,
        "REQUEST_URI=" + path_,
        "SCRIPT_NAME=" + path_,
        "HTTP_REFERER=" + page_url_,
        "REMOTE_ADDR=192.0.2.1",
        "CONTENT_TYPE=multipart/form-data; boundary=" + std::string(kBoundary),
        "CONTENT_LENGTH=" + std::to_string(body.size()),
        https_ ? "HTTPS=on" : "HTTPS="};
    std::vector<const char*> pointers;
    pointers.reserve(variables.size() + 1);
    for (const std::string& variable : variables) pointers.push_back(variable.c_str());
    pointers.push_back(nullptr);
    StringSource source(body);
    return mailer_.respond(Environment(pointers.data()), source);
  }

  Rehearsed run(const Messages& samples) {
    Rehearsed rehearsed;
    rehearsed.with_errors = send(sample_data(form_, samples, SampleFill::empty));
    recorder_ = Recorder();
    rehearsed.first = send(sample_data(form_, samples, SampleFill::complete));
    if (rehearsed.first.status == 200 && !recorder_.submission()) {
      rehearsed.second = confirm(rehearsed.first.body);
    }
    rehearsed.submission = recorder_.submission();
    return rehearsed;
  }

 private:
  static Settings in_folder(Settings settings, const std::filesystem::path& folder) {
    settings.outbox_directory = folder;
    settings.confirm_minimum_seconds = 0;
    settings.asks_challenges = false;
    settings.per_client_per_hour = settings.per_profile_per_hour = settings.per_recipient_per_hour = 0;
    return settings;
  }

  /// Presses the button of the confirmation page.
  std::optional<Response> confirm(const std::string& html) {
    const PageText text(html, "utf-8");
    const Page page = read_page(text);
    if (page.forms.empty()) return std::nullopt;
    FormData data;
    for (const Control& control : page.forms.front().controls) {
      if (control.name == "_edit_") continue;
      FormEntry& entry = data.emplace_back();
      entry.name = control.name;
      entry.value = control.value;
    }
    return send(std::move(data));
  }

  const PageForm& form_;
  TemporaryFolder folder_;
  Settings settings_;
  std::string page_url_;
  mail::Log log_;
  SiteDirectory sites_;
  std::unique_ptr<StateStore> state_;
  Recorder recorder_;
  Metrics metrics_;
  FormMailer mailer_;
  std::string host_;
  std::string path_;
  bool https_ = false;
};

}  // namespace

Rehearsed rehearse(const PageForm& form, const Site& site, Settings settings, bool on_shared_host,
                   const std::string& page_url, const Messages& samples) {
  return Rehearsal(form, site, std::move(settings), on_shared_host, page_url).run(samples);
}

}  // namespace formmail
