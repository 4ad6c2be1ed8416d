#include "cgi-bin/site/hosts_index.h"

#include <unistd.h>

#include <fstream>

#include "cgi-bin/site/host_name.h"
#include "cgi-bin/site/site.h"
#include "mail/config.h"

namespace formmail {

namespace {

constexpr std::chrono::seconds kRest{2};
using Clock = std::chrono::system_clock;

std::string head_of(const std::string& name, const FileStamp& stamp) {
  return name + " " + std::to_string(stamp.inode) + " " + std::to_string(stamp.size) + " " +
         std::to_string(stamp.changed_ns) + " ";
}

std::map<std::string, std::string_view> lines_by_name(std::string_view lines) {
  std::map<std::string, std::string_view> by_name;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    by_name.emplace(std::string(line.substr(0, line.find(' '))), line);
  }
  return by_name;
}

bool replace_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path fresh = file;
  fresh += "." + std::to_string(::getpid());
  {
    std::ofstream stream(fresh, std::ios::binary);
    stream << text;
    if (!stream.flush()) return false;
  }
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  return !error;
}

}  // namespace

HostsIndex::HostsIndex(std::filesystem::path sites, std::filesystem::path file, const mail::Log& log)
    : sites_(std::move(sites)), file_(std::move(file)), log_(log) {}

void HostsIndex::load() {
  const std::optional<FileStamp> stamp = stamp_of(file_);
  if (!stamp || *stamp == stamp_) return;
  std::ifstream stream(file_, std::ios::binary);
  lines_.resize(static_cast<std::size_t>(stamp->size));
  stream.read(lines_.data(), static_cast<std::streamsize>(lines_.size()));
  lines_.resize(static_cast<std::size_t>(stream.gcount()));
  stamp_ = *stamp;
  refreshed_ = Clock::time_point(
      std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(stamp->changed_ns)));
}

std::string HostsIndex::name_of(std::string_view host) {
  const std::lock_guard lock(mutex_);
  load();
  const std::string word = " " + std::string(host) + " ";
  const std::size_t at = lines_.find(word);
  if (at == std::string::npos) return "";
  const std::size_t line = lines_.rfind('\n', at) + 1;
  return lines_.substr(line, lines_.find(' ', line) - line);
}

std::string HostsIndex::scan(const std::map<std::string, std::string_view>& known_lines) const {
  std::string lines;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(sites_, error)) {
    if (entry.path().extension() != ".toml") continue;
    const std::optional<FileStamp> stamp = stamp_of(entry.path());
    if (!stamp) continue;
    const std::string name = entry.path().stem().string();
    if (host_name(name) != name) {
      log_.error("site-broken", {{"file", entry.path().string()}, {"error", "its name is no host name"}});
      continue;
    }
    const std::string head = head_of(name, *stamp);
    const auto known = known_lines.find(name);
    if (known != known_lines.end() && known->second.starts_with(head)) {
      lines.append(known->second).append("\n");
      continue;
    }
    lines += head;
    try {
      for (const std::string& host : Site::read(entry.path()).hosts) lines.append(host).append(" ");
    } catch (const mail::ConfigError& broken) {
      log_.error("site-broken", {{"error", broken.what()}});
    }
    lines += "\n";
  }
  if (error) log_.error("sites-unreadable", {{"directory", sites_.string()}, {"error", error.message()}});
  return lines;
}

bool HostsIndex::refresh() {
  const std::lock_guard lock(mutex_);
  load();
  const Clock::time_point now = Clock::now();
  if (now - refreshed_ < kRest && refreshed_ <= now) return false;
  lines_ = scan(lines_by_name(lines_));
  refreshed_ = now;
  // Without a place for it each process has an index of its own.
  if (replace_file(file_, lines_)) {
    if (const std::optional<FileStamp> stamp = stamp_of(file_)) stamp_ = *stamp;
  }
  return true;
}

}  // namespace formmail
