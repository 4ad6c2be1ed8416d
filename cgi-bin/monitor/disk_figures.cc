#include "cgi-bin/monitor/disk_figures.h"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "cgi-bin/mailing/outbox.h"
#include "cgi-bin/monitor/exposition.h"
#include "mail/version.h"

namespace formmail {

namespace {

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

/// How long the first of the mails that wait has waited; 0: none waits.
std::int64_t oldest_seconds(const std::filesystem::path& outbox) {
  using std::chrono::system_clock;
  const auto oldest = Outbox(outbox).oldest(Outbox::Folder::queue);
  if (!oldest) return 0;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(system_clock::now() - *oldest);
  return std::max<std::int64_t>(age.count(), 0);
}

}  // namespace

std::string disk_figures(const std::filesystem::path& outbox, std::string_view trouble) {
  std::ostringstream out;
  describe(out, "formmail_info", "gauge", "Version of the program.");
  out << "formmail_info{version=\"" << mail::kVersion << "\"} 1\n";
  describe(out, "formmail_healthy", "gauge", "1, or 0 where a mail might not be kept.");
  out << "formmail_healthy " << (trouble.empty() ? 1 : 0) << "\n";
  describe(out, "formmail_outbox_mails", "gauge", "Mails that wait, and mails refused for good.");
  for (const char* folder : {"queue", "failed"}) {
    out << "formmail_outbox_mails{folder=\"" << folder << "\"} " << content_of(outbox / folder).files << "\n";
  }
  describe(out, "formmail_outbox_oldest_seconds", "gauge",
           "Age of the oldest mail that waits; 0 if none does.");
  out << "formmail_outbox_oldest_seconds " << oldest_seconds(outbox) << "\n";
  describe(out, "formmail_waiting_webhooks", "gauge", "Calls that a webhook has not taken yet.");
  out << "formmail_waiting_webhooks " << content_of(outbox / "webhooks").files << "\n";
  describe(out, "formmail_waiting_upload_bytes", "gauge", "Uploads that wait for a confirmation.");
  out << "formmail_waiting_upload_bytes " << content_of(outbox / "uploads").bytes << "\n";
  return out.str();
}

}  // namespace formmail
