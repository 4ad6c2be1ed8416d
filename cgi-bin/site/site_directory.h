#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cgi-bin/site/file_stamp.h"
#include "cgi-bin/site/hosts_index.h"
#include "cgi-bin/site/site.h"
#include "mail/log.h"

namespace formmail {

/// All sites of a machine, each read when it is first asked for and again when its file changes. Thousands of
/// sites cost a request no more than one: a site is found by its name, which is its file's, and mostly its
/// host. Safe from several threads.
class SiteDirectory {
 public:
  /// `index`: where the hosts of all sites are kept for processes that live for one request.
  SiteDirectory(std::filesystem::path sites, std::filesystem::path index, const mail::Log& log);

  /// The site of that name; null where there is none. A file that became broken goes on as it was, where this
  /// process knows how that was; else throws mail::ConfigError.
  std::shared_ptr<const Site> by_name(std::string_view name);
  /// The site with that host, as host_name() writes it. A new host is known within two seconds.
  std::shared_ptr<const Site> by_host(const std::string& host);
  bool has_name(std::string_view name) const;

 private:
  struct Entry {
    FileStamp stamp;
    std::shared_ptr<const Site> site;
  };
  std::filesystem::path file_of(std::string_view name) const;

  std::filesystem::path sites_;
  const mail::Log& log_;
  HostsIndex index_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace formmail
