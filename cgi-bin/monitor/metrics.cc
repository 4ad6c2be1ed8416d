#include "cgi-bin/monitor/metrics.h"

#include <sstream>

#include "mail/version.h"

namespace formmail {

namespace {

void head(std::ostream& out, const char* name, const char* type, const char* help) {
  out << "# HELP " << name << " " << help << "\n# TYPE " << name << " " << type << "\n";
}

template <typename Counts>
void counter(std::ostream& out, const char* name, const char* label, const char* help, const Counts& counts) {
  head(out, name, "counter", help);
  for (const auto& [value, count] : counts) {
    out << name << "{" << label << "=\"" << value << "\"} " << count << "\n";
  }
}

struct Folder {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

Folder content_of(const std::filesystem::path& path) {
  Folder folder;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    std::error_code gone;
    const std::uintmax_t size = entry.file_size(gone);
    if (gone) continue;
    ++folder.files;
    folder.bytes += size;
  }
  return folder;
}

void add(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view label) {
  const auto found = counts.find(label);
  if (found != counts.end()) {
    ++found->second;
  } else {
    counts.emplace(label, 1);
  }
}

}  // namespace

void Metrics::request(int status, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  std::size_t bound = 0;
  while (bound < kBounds.size() && seconds > kBounds[bound]) ++bound;
  const std::lock_guard lock(mutex_);
  ++requests_[status];
  ++seconds_[bound];
  seconds_sum_ += seconds;
}

void Metrics::submission(std::string_view outcome) {
  const std::lock_guard lock(mutex_);
  add(submissions_, outcome);
}

void Metrics::refusal(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  add(refusals_, reason);
}

std::string Metrics::exposition(const std::filesystem::path& outbox) const {
  std::ostringstream out;
  head(out, "formmail_info", "gauge", "Version of the program.");
  out << "formmail_info{version=\"" << mail::kVersion << "\"} 1\n";
  head(out, "formmail_outbox_mails", "gauge", "Mails that wait, and mails refused for good.");
  for (const char* folder : {"queue", "failed"}) {
    out << "formmail_outbox_mails{folder=\"" << folder << "\"} " << content_of(outbox / folder).files << "\n";
  }
  head(out, "formmail_waiting_webhooks", "gauge", "Calls that a webhook has not taken yet.");
  out << "formmail_waiting_webhooks " << content_of(outbox / "webhooks").files << "\n";
  head(out, "formmail_waiting_upload_bytes", "gauge", "Uploads that wait for a confirmation.");
  out << "formmail_waiting_upload_bytes " << content_of(outbox / "uploads").bytes << "\n";

  const std::lock_guard lock(mutex_);
  counter(out, "formmail_requests_total", "status", "Requests by the status of their answer.", requests_);
  counter(out, "formmail_submissions_total", "outcome", "Submissions that were handed on.", submissions_);
  counter(out, "formmail_refusals_total", "reason", "Submissions that were not taken.", refusals_);
  head(out, "formmail_request_seconds", "histogram", "Time to answer a request.");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    count += seconds_[i];
    out << "formmail_request_seconds_bucket{le=\"" << kBounds[i] << "\"} " << count << "\n";
  }
  count += seconds_.back();
  out << "formmail_request_seconds_bucket{le=\"+Inf\"} " << count << "\n"
      << "formmail_request_seconds_sum " << seconds_sum_ << "\nformmail_request_seconds_count " << count
      << "\n";
  return out.str();
}

}  // namespace formmail
