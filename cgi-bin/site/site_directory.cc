#include "cgi-bin/site/site_directory.h"

#include <algorithm>

#include "cgi-bin/site/host_name.h"
#include "mail/config.h"

namespace formmail {

namespace {

bool has_host(const Site& site, const std::string& host) {
  return std::find(site.hosts.begin(), site.hosts.end(), host) != site.hosts.end();
}

}  // namespace

SiteDirectory::SiteDirectory(std::filesystem::path sites, std::filesystem::path index, const mail::Log& log)
    : sites_(std::move(sites)), log_(log), index_(sites_, std::move(index), log) {}

/// "" for what can be no site's name: so no name leads out of the folder.
std::filesystem::path SiteDirectory::file_of(std::string_view name) const {
  if (name.empty() || host_name(name) != name || name.starts_with('[')) return {};
  return sites_ / (std::string(name) + ".toml");
}

bool SiteDirectory::has_name(std::string_view name) const {
  const std::filesystem::path file = file_of(name);
  return !file.empty() && stamp_of(file).has_value();
}

std::shared_ptr<const Site> SiteDirectory::by_name(std::string_view name) {
  const std::filesystem::path file = file_of(name);
  if (file.empty()) return nullptr;
  const std::optional<FileStamp> stamp = stamp_of(file);
  const std::lock_guard lock(mutex_);
  if (!stamp) {
    entries_.erase(std::string(name));
    return nullptr;
  }
  const auto known = entries_.find(name);
  if (known != entries_.end() && known->second.stamp == *stamp) return known->second.site;
  try {
    const auto site = std::make_shared<const Site>(Site::read(file));
    entries_.insert_or_assign(std::string(name), Entry{*stamp, site});
    return site;
  } catch (const mail::ConfigError& error) {
    if (known == entries_.end()) throw;
    log_.error("site-broken", {{"error", error.what()}, {"action", "the last good version goes on"}});
    known->second.stamp = *stamp;
    return known->second.site;
  }
}

std::shared_ptr<const Site> SiteDirectory::by_host(const std::string& host) {
  if (host.empty()) return nullptr;
  if (std::shared_ptr<const Site> site = by_name(host); site && has_host(*site, host)) return site;
  for (const bool refresh : {false, true}) {
    if (refresh && !index_.refresh()) break;
    const std::string name = index_.name_of(host);
    if (name.empty()) continue;
    if (std::shared_ptr<const Site> site = by_name(name); site && has_host(*site, host)) return site;
  }
  return nullptr;
}

}  // namespace formmail
