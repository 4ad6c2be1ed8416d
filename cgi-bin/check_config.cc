#include "cgi-bin/check_config.h"

#include <map>
#include <ostream>
#include <set>

#include "cgi-bin/page/template_file.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/host_name.h"
#include "cgi-bin/site/site.h"
#include "cgi-bin/template_names.h"
#include "mail/builtin_template.h"
#include "mail/config.h"

namespace formmail {

namespace {

class Checker {
 public:
  explicit Checker(std::ostream& errors) : errors_(errors) {}

  void mistake(std::string_view text) {
    errors_ << text << "\n";
    ++mistakes_;
  }
  int mistakes() const { return mistakes_; }
  std::size_t sites() const { return sites_; }

  void check_sites(const Settings& settings) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(settings.sites_directory, error)) {
      if (entry.path().extension() == ".toml") check_site(entry.path(), settings);
    }
    if (error) mistake(settings.sites_directory.string() + ": can't be read: " + error.message());
  }

  /// Files of a template folder: they must be Mustache, and stand where they are looked for. `kind`:
  /// "pages/".
  void check_templates(const std::filesystem::path& folder, const std::string& kind) {
    if (folder.empty() || !checked_.insert(folder.string()).second) return;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
      const std::filesystem::path relative = entry.path().lexically_relative(folder);
      if (mail::builtin_template(kind + relative.generic_string())) {
        check_file(entry.path(), kind);
      } else if (entry.is_regular_file()) {
        mistake(entry.path().string() + ": stands in for no template; it is never used");
      }
    }
    if (error) mistake(folder.string() + ": can't be read: " + error.message());
  }

 private:
  /// The templates that a profile names or holds.
  void check_mails(const Profile& profile, const std::filesystem::path& site_file) {
    const std::string where = site_file.string() + ": [profile." + profile.name;
    check_mustache(where + "] subject", profile.subject);
    if (profile.autoreply) check_mustache(where + ".autoreply] subject", profile.autoreply->subject);
    for (const auto& file : {profile.template_file, profile.html_template,
                             profile.autoreply ? profile.autoreply->template_file : std::filesystem::path()})
      if (!file.empty()) check_file(file, "mails/");
  }

  void check_file(const std::filesystem::path& file, const std::string& kind) {
    try {
      const std::string text = read_template(file);
      if (file.extension() != ".html" && kind != "mails/") return;
      check_template(file, text);
      for (const std::string& odd : odd_names(file, text, kind)) mistake(odd);
    } catch (const TemplateError& broken) {
      mistake(broken.what());
    }
  }

  void check_mustache(const std::string& name, const std::string& source) {
    try {
      check_template(name, source);
    } catch (const TemplateError& broken) {
      mistake(broken.what());
    }
  }

  void check_site(const std::filesystem::path& file, const Settings& settings) {
    ++sites_;
    if (host_name(file.stem().string()) != file.stem().string()) {
      mistake(file.string() + ": the file's name must be the site's host name in lower case, with .toml");
      return;
    }
    try {
      const Site site = Site::read(file);
      if (site.profiles.empty()) mistake(file.string() + ": has no [profile.NAME]: no form can be sent");
      for (const std::string& host : site.hosts) check_host(host, file, settings);
      check_templates(site.page_templates, "pages/");
      check_templates(site.mail_templates, "mails/");
      for (const auto& [name, profile] : site.profiles) check_mails(profile, file);
    } catch (const mail::ConfigError& error) {
      mistake(error.what());
    }
  }

  void check_host(const std::string& host, const std::filesystem::path& file, const Settings& settings) {
    const auto [other, fresh] = hosts_.emplace(host, file.string());
    if (!fresh) mistake(file.string() + ": the host " + host + " is also in " + other->second);
    for (const std::string& shared : settings.shared_ssl_hosts) {
      if (shared == host) mistake(file.string() + ": the host " + host + " is a shared-SSL host");
    }
  }

  std::ostream& errors_;
  int mistakes_ = 0;
  std::size_t sites_ = 0;
  std::map<std::string, std::string> hosts_;
  std::set<std::string> checked_;
};

}  // namespace

int check_config(const std::filesystem::path& config, std::ostream& out, std::ostream& errors) {
  Checker checker(errors);
  try {
    const Settings settings = Settings::read(config);
    checker.check_templates(settings.page_templates, "pages/");
    checker.check_templates(settings.mail_templates, "mails/");
    checker.check_sites(settings);
  } catch (const mail::ConfigError& error) {
    checker.mistake(error.what());
  }
  if (checker.mistakes() > 0) return 2;
  out << config.string() << ": " << checker.sites() << (checker.sites() == 1 ? " site" : " sites")
      << ", nothing wrong\n";
  return 0;
}

}  // namespace formmail
