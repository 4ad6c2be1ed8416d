#include "scanner/engine/zip_stream.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace scanner {

namespace {

constexpr int kMostMembers = 10000;
constexpr std::size_t kMostMemberBytes = 100U << 20;
constexpr std::size_t kMostBytes = 400U << 20;

struct CloseArchive {
  void operator()(archive* open) const { archive_read_free(open); }
};

/// False if it could not be read to its end.
bool read_member(archive* zip, std::string& content) {
  char buffer[65536];
  while (true) {
    const la_ssize_t got = archive_read_data(zip, buffer, sizeof buffer);
    if (got <= 0) return got == 0;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > kMostMemberBytes) return false;
  }
}

}  // namespace

bool unpack_zip_stream(std::string_view bytes,
                       const std::function<bool(const std::string& name, std::string_view content)>& take) {
  const std::unique_ptr<archive, CloseArchive> zip(archive_read_new());
  archive_read_support_format_zip_streamable(zip.get());
  if (archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return false;
  bool all = true;
  std::size_t total = 0;
  for (int members = 0;; ++members) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(zip.get(), &entry);
    if (result == ARCHIVE_EOF) return all;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return false;
    if (members == kMostMembers) return false;
    const char* name = archive_entry_pathname(entry);
    std::string content;
    if (!read_member(zip.get(), content)) all = false;
    total += content.size();
    if (!content.empty() && !take(name == nullptr ? "" : name, content)) return all;
    if (total > kMostBytes) return false;
  }
}

}  // namespace scanner
