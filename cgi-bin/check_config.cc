#include "cgi-bin/check_config.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <ostream>
#include <set>
#include <system_error>

#include "cgi-bin/page/template_file.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/host_name.h"
#include "cgi-bin/site/site.h"
#include "cgi-bin/template_names.h"
#include "mail/builtin_template.h"
#include "mail/config.h"

namespace formmail {

namespace {

/// Why the file can't be read; "" if it can.
std::string hindrance(const std::filesystem::path& file, int access = R_OK) {
  return ::access(file.c_str(), access) == 0 ? "" : std::generic_category().message(errno);
}
std::string hindrance_of_folder(const std::filesystem::path& folder) {
  return hindrance(folder / ".", R_OK | X_OK);
}

class Checker {
 public:
  explicit Checker(std::ostream& errors) : errors_(errors) {}

  void mistake(std::string_view text) {
    errors_ << text << "\n";
    ++mistakes_;
  }
  int mistakes() const { return mistakes_; }
  std::size_t sites() const { return sites_; }

  void check_hoster(const Settings& settings, mail::ConfigTable top) {
    check_templates(settings.page_templates, "pages/", top.table("pages"));
    check_templates(settings.mail_templates, "mails/", top.table("mails"));
    if (!settings.webhook_certificates.empty()) {
      check_named(settings.webhook_certificates, hindrance(settings.webhook_certificates),
                  top.table("webhook"), "certificates");
    }
    check_sites(settings, top.table("sites"));
  }

 private:
  void check_sites(const Settings& settings, const mail::ConfigTable& table) {
    const std::filesystem::path& folder = settings.sites_directory;
    if (!check_named(folder, hindrance_of_folder(folder), table, "directory")) return;
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    if (error) mistake(folder.string() + ": can't be read: " + error.message());
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) check_site(file, settings);
  }

  /// Whether what `key` names can be used.
  bool check_named(const std::filesystem::path& named, const std::string& hindered,
                   const mail::ConfigTable& table, std::string_view key) {
    if (!hindered.empty()) mistake(table.told(key, "names " + named.string() + ": " + hindered));
    return hindered.empty();
  }

  /// Files of a template folder: they must be Mustache, and stand where they are looked for. `kind`:
  /// "pages/".
  void check_templates(const std::filesystem::path& folder, const std::string& kind,
                       const mail::ConfigTable& table) {
    if (folder.empty() || !check_named(folder, hindrance_of_folder(folder), table, "templates")) return;
    if (!checked_.insert(folder.string()).second) return;
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

  /// The templates that a profile names or holds.
  void check_mails(const Profile& profile, mail::ConfigTable table) {
    check_subject(profile.subject, table);
    check_named_template(profile.template_file, table, "template");
    check_named_template(profile.html_template, table, "html_template");
    if (!profile.autoreply) return;
    const mail::ConfigTable autoreply = table.table("autoreply");
    check_subject(profile.autoreply->subject, autoreply);
    check_named_template(profile.autoreply->template_file, autoreply, "template");
  }

  void check_named_template(const std::filesystem::path& file, const mail::ConfigTable& table,
                            std::string_view key) {
    if (!file.empty() && check_named(file, hindrance(file), table, key)) check_file(file, "mails/");
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

  void check_subject(const std::string& subject, const mail::ConfigTable& table) {
    try {
      check_template("subject", subject);
    } catch (const TemplateError& broken) {
      mistake(table.told("subject", "is a broken template: " + std::string(broken.what())));
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
      mail::ConfigTable top = mail::ConfigTable::read(file);
      if (site.profiles.empty()) mistake(file.string() + ": has no [profile.NAME]: no form can be sent");
      for (const std::string& host : site.hosts) check_host(host, file, top, settings);
      check_document_root(site.document_root, top);
      check_templates(site.page_templates, "pages/", top.table("pages"));
      check_templates(site.mail_templates, "mails/", top.table("mails"));
      mail::ConfigTable profiles = top.table("profile");
      for (const auto& [name, profile] : site.profiles) check_mails(profile, profiles.table(name));
    } catch (const mail::ConfigError& error) {
      mistake(error.what());
    }
  }

  void check_host(const std::string& host, const std::filesystem::path& file, const mail::ConfigTable& top,
                  const Settings& settings) {
    const auto [other, fresh] = hosts_.emplace(host, file.string());
    if (!fresh) {
      mistake(top.told(
          "hosts", "is wrong: the host " + host + " is also in " + other->second + "; take it out of one"));
    }
    const std::vector<std::string>& shared = settings.shared_ssl_hosts;
    if (std::find(shared.begin(), shared.end(), host) != shared.end()) {
      mistake(top.told("hosts",
                       "is wrong: the host " + host + " is a shared-SSL host, which belongs to no site"));
    }
  }

  /// No mistake, as mails go out without it: the pages may lie on another machine.
  void check_document_root(const std::filesystem::path& folder, const mail::ConfigTable& top) {
    const std::string hindered = folder.empty() ? "" : hindrance_of_folder(folder);
    if (hindered.empty()) return;
    errors_ << top.told("document_root", "names " + folder.string() + ": " + hindered)
            << " (a hint: the form again lacks the lists and choices of its page)\n";
  }

  std::ostream& errors_;
  int mistakes_ = 0;
  std::size_t sites_ = 0;
  std::map<std::string, std::string> hosts_;  ///< the file of each
  std::set<std::string> checked_;
};

}  // namespace

int check_config(const std::filesystem::path& config, std::ostream& out, std::ostream& errors) {
  Checker checker(errors);
  try {
    const Settings settings = Settings::read(config);
    checker.check_hoster(settings, mail::ConfigTable::read(config));
  } catch (const mail::ConfigError& error) {
    checker.mistake(error.what());
  }
  if (checker.mistakes() > 0) return 2;
  out << config.string() << ": " << checker.sites() << (checker.sites() == 1 ? " site" : " sites")
      << ", nothing wrong\n";
  return 0;
}

}  // namespace formmail
