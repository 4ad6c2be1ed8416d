#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "cgi-bin/site/file_stamp.h"
#include "mail/log.h"

namespace formmail {

/// Which host is which site's, over all sites, in one small file: a line for each site,
///
///     NAME INODE SIZE MTIME HOST HOST ... (each with a blank behind it)
///
/// so that a CGI process finds a second host of a site by one look into one file. It is a hint: who takes a
/// name from it reads that site and sees whether the host is still there. Safe from several threads and
/// processes.
class HostsIndex {
 public:
  HostsIndex(std::filesystem::path sites, std::filesystem::path file, const mail::Log& log);

  /// The name of the site that had this host at the last refresh; "" none.
  std::string name_of(std::string_view host);

  /// Looks at all site files and reads those that changed; false if that was done a moment ago, so that
  /// requests for unknown hosts can't keep the disk busy.
  bool refresh();

 private:
  void load();
  std::string scan(const std::map<std::string, std::string_view>& known_lines) const;

  std::filesystem::path sites_;
  std::filesystem::path file_;
  const mail::Log& log_;
  std::mutex mutex_;
  std::string lines_;
  FileStamp stamp_;
  std::chrono::system_clock::time_point refreshed_;
};

}  // namespace formmail
