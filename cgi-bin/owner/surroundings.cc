#include "cgi-bin/owner/surroundings.h"

#include <algorithm>
#include <system_error>

#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/owner/mistake.h"
#include "cgi-bin/site/host_name.h"
#include "mail/config.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;

/// Stands for the site's host where nobody said which it is.
constexpr const char* kUnknownHost = "site.invalid";

/// All sites that can be read, but for those whose files are broken: they are not this command's matter.
std::vector<Site> all_sites(const Settings& settings) {
  std::vector<Site> sites;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(settings.sites_directory, error)) {
    if (entry.path().extension() != ".toml") continue;
    try {
      sites.push_back(Site::read(entry.path()));
    } catch (const mail::ConfigError&) {
      continue;
    }
  }
  return sites;
}

/// The page's path below the site's folder; "" if it doesn't stand there.
std::string path_below(const fs::path& root, const fs::path& page) {
  if (root.empty()) return "";
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(root, error);
  const fs::path file = fs::weakly_canonical(page, error);
  const std::string relative = file.lexically_relative(folder).generic_string();
  return relative.empty() || relative.starts_with("..") ? "" : relative;
}

std::optional<Site> guess_site(const Settings& settings, const fs::path& page) {
  std::vector<Site> sites = all_sites(settings);
  for (Site& site : sites) {
    if (!path_below(site.document_root, page).empty()) return std::move(site);
  }
  return sites.size() == 1 ? std::optional<Site>(std::move(sites.front())) : std::nullopt;
}

std::string percent_encoded(std::string_view path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) encoded += c;
    if (!plain) encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

/// Where the page will be asked for. Where nobody knows its folder, one deep enough for any `../`.
std::string url_of_page(const Surroundings& found, const fs::path& page) {
  std::string below = found.site ? path_below(found.site->document_root, page) : "";
  if (below.empty()) below = "a/b/c/d/" + page.filename().generic_string();
  return "http://" + found.hosts.front() + "/" + percent_encoded(below);
}

}  // namespace

UrlScope Surroundings::scope(bool on_shared_host) const {
  return {site_name, hosts, shared_hosts, on_shared_host, page_url, [this](std::string_view segment) {
            if (segment == site_name) return true;
            if (!settings || segment.empty() || host_name(segment) != segment) return false;
            std::error_code error;
            return fs::exists(settings->sites_directory / (std::string(segment) + ".toml"), error);
          }};
}

fs::path site_file(const Settings& settings, const std::string& name) {
  if (name.empty() || host_name(name) != name || name.find(':') != std::string::npos) {
    throw OwnerError("--site " + terminal_text(name) +
                     ": expected a site's name, such as www.customer.example");
  }
  return settings.sites_directory / (name + ".toml");
}

Surroundings find_surroundings(const fs::path& config, bool config_named, const std::string& site_name,
                               const fs::path& page) {
  Surroundings found;
  std::error_code error;
  if (config_named || fs::exists(config, error)) {
    found.settings = Settings::read(config);
    set_time_zone(found.settings->time_zone);
    found.shared_hosts = found.settings->shared_ssl_hosts;
    if (site_name.empty()) {
      found.site = guess_site(*found.settings, page);
    } else {
      const fs::path file = site_file(*found.settings, site_name);
      if (!fs::exists(file, error)) {
        throw OwnerError("--site " + terminal_text(site_name) + ": no such site; expected " + file.string());
      }
      found.site = Site::read(file);
    }
  }
  if (found.site) {
    found.site_name = found.site->name;
    found.hosts = found.site->hosts;
  } else if (!site_name.empty()) {
    site_file(Settings(), site_name);
    found.site_name = site_name;
    found.hosts = {site_name};
    if (site_name.starts_with("www.")) found.hosts.push_back(site_name.substr(4));
  }
  if (found.hosts.empty()) found.hosts.emplace_back(kUnknownHost);
  found.is_placed = found.site && !path_below(found.site->document_root, page).empty();
  found.page_url = url_of_page(found, page);
  return found;
}

}  // namespace formmail
