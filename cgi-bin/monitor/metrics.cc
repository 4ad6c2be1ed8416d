#include "cgi-bin/monitor/metrics.h"

#include <initializer_list>
#include <sstream>

#include "cgi-bin/monitor/exposition.h"

namespace formmail {

namespace {

std::map<std::string, std::uint64_t, std::less<>> zeros(std::initializer_list<const char*> labels) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  for (const char* label : labels) counts.emplace(label, 0);
  return counts;
}

template <typename Counts>
void counter(std::ostream& out, const char* name, const char* label, const char* help, const Counts& counts) {
  describe(out, name, "counter", help);
  for (const auto& [value, count] : counts) {
    out << name << "{" << label << "=\"" << value << "\"} " << count << "\n";
  }
}

}  // namespace

Metrics::Metrics()
    : start_(std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count()),
      submissions_(zeros({"sent", "queued", "refused", "unavailable"})),
      refusals_(zeros({"bad_request", "broken_site",    "challenge",    "charset",       "cross_site",
                       "expired",     "honeypot",       "input_errors", "length",        "method",
                       "no_labels",   "no_profile",     "no_site",      "refused_words", "tampered",
                       "too_fast",    "too_large",      "too_many",     "too_much_text", "too_often",
                       "unavailable", "unknown_profile"})),
      retried_mails_(zeros({"sent", "refused"})),
      webhook_calls_(zeros({"taken", "waits", "given_up"})) {}

void Metrics::request(int status, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  std::size_t bound = 0;
  while (bound < kBounds.size() && seconds > kBounds[bound]) ++bound;
  const std::lock_guard lock(mutex_);
  ++requests_[status];
  ++seconds_[bound];
  seconds_sum_ += seconds;
}

void Metrics::submission(std::string_view outcome) { add(submissions_, outcome); }
void Metrics::refusal(std::string_view reason) { add(refusals_, reason); }
void Metrics::retried_mail(std::string_view outcome) { add(retried_mails_, outcome); }
void Metrics::webhook_call(std::string_view result) { add(webhook_calls_, result); }

void Metrics::add(Counts& counts, std::string_view label) {
  const std::lock_guard lock(mutex_);
  const auto found = counts.find(label);
  if (found != counts.end()) {
    ++found->second;
  } else {
    counts.emplace(label, 1);
  }
}

std::string Metrics::exposition() const {
  std::ostringstream out;
  describe(out, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.");
  out << "process_start_time_seconds " << start_ << "\n";
  const std::lock_guard lock(mutex_);
  counter(out, "formmail_requests_total", "status", "Requests by the status of their answer.", requests_);
  counter(out, "formmail_submissions_total", "outcome", "Submissions that were handed on.", submissions_);
  counter(out, "formmail_refusals_total", "reason", "Submissions that were not taken.", refusals_);
  counter(out, "formmail_retried_mails_total", "outcome", "Mails that left the queue.", retried_mails_);
  counter(out, "formmail_webhook_calls_total", "result", "Calls of webhooks.", webhook_calls_);
  describe(out, "formmail_request_seconds", "histogram", "Time to answer a request.");
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
