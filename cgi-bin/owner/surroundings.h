#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cgi-bin/form/site_url.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/site.h"

namespace formmail {

/// What the owner asked for can't be done; what() is one line that says what to do. Ends a command with 2.
struct OwnerError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where a page will stand: the hoster's settings and the customer's site, as far as they are known here. On
/// the owner's own computer neither is.
struct Surroundings {
  std::optional<Settings> settings;
  std::optional<Site> site;
  std::string site_name;  ///< "" unknown
  std::vector<std::string> hosts;
  std::vector<std::string> shared_hosts;
  std::string page_url;    ///< of the page on the site's own host
  bool is_placed = false;  ///< whether its path there is known

  /// The two hosts as site_url() wants them. Views: this must outlive them.
  UrlScope own_host() const { return scope(false); }
  UrlScope shared_host() const { return scope(true); }

 private:
  UrlScope scope(bool on_shared_host) const;
};

/// Reads `config`, which may be missing unless `config_named`, and the site `site_name`; with "" the site
/// whose document_root holds `page`, or the only one there is. Throws OwnerError and mail::ConfigError.
Surroundings find_surroundings(const std::filesystem::path& config, bool config_named,
                               const std::string& site_name, const std::filesystem::path& page);

/// Where the file of a site is, whether it exists or not. Throws OwnerError if `name` can't be a site's.
std::filesystem::path site_file(const Settings& settings, const std::string& name);

}  // namespace formmail
