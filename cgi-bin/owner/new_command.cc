#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <ostream>
#include <system_error>

#include "cgi-bin/mailing/mail_template.h"
#include "cgi-bin/owner/command.h"
#include "cgi-bin/owner/page_file.h"
#include "cgi-bin/owner/profile_writer.h"
#include "cgi-bin/owner/report.h"
#include "mail/address.h"
#include "mail/config.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;

void require_address(const char* option, const std::string& address) {
  if (!mail::Address::parse(address)) {
    throw OwnerError(std::string(option) + " " + terminal_text(address) +
                     ": is no mail address; expected one such as info@customer.example");
  }
}

/// The address that a new site's mails come from: one of its own domain, as SPF asks for.
std::string new_sender(const OwnerOptions& options) {
  if (!options.from.empty()) return options.from;
  return "formmail@" + (options.site.starts_with("www.") ? options.site.substr(4) : options.site);
}

/// The site's file as it is; a new site's where there is none, which `notes` tells.
std::string site_text(const fs::path& file, const OwnerOptions& options, const Messages& messages,
                      std::ostream& notes) {
  std::ifstream stream(file, std::ios::binary);
  if (stream) return {std::istreambuf_iterator<char>(stream), {}};
  std::error_code error;
  if (fs::exists(file, error)) throw OwnerError(file.string() + ": can't be read");
  const std::string from = new_sender(options);
  require_address("--from", from);
  notes << messages.text("new_site", {{"file", terminal_text(file.string(), 4096)}, {"from", from}}) << "\n";
  return new_site(options.site, from);
}

/// Keeps another `new` waiting until this one is done: both would write the file that they read. The folder
/// is locked, as the file is replaced by another.
mail::FileDescriptor locked(const fs::path& folder) {
  mail::FileDescriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    throw std::system_error(errno, std::generic_category(), folder.string());
  }
  return lock;
}

/// Reads `text` as the site's file would be read: in a file beside it, that is gone again.
void check_site_text(const fs::path& file, const std::string& text) {
  const fs::path trial = file.string() + ".new";
  const struct Remove {
    const fs::path& path;
    ~Remove() {
      std::error_code ignored;
      fs::remove(path, ignored);
    }
  } remove{trial};
  replace_file(trial, text);
  try {
    Site::read(trial);
  } catch (const mail::ConfigError& mistake) {
    throw OwnerError(file.string() + " is as it was: with the profile at its end it can't be read (" +
                     mistake.what() + "). Add the profile by hand.");
  }
}

}  // namespace

int new_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes) {
  if (!is_profile_name(options.profile)) {
    throw OwnerError("--profile " + terminal_text(options.profile) +
                     ": expected 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  for (const std::string& address : options.to) require_address("--to", address);
  const Settings settings = Settings::read(options.config);
  const fs::path file = site_file(settings, options.site);
  const mail::FileDescriptor lock = locked(settings.sites_directory);
  const std::string language = language_of_owner(options);
  const Messages messages(owner_text(language, "new.txt"));
  const std::string before = site_text(file, options, messages, notes);
  std::error_code error;
  if (fs::exists(file, error) && Site::read(file).profiles.contains(options.profile)) {
    throw OwnerError(file.string() + ": has a profile " + options.profile + " already; choose another name");
  }
  const std::string subject = options.subject.empty() ? messages.text("subject") : options.subject;
  const std::string after = with_profile(before, {options.profile, options.to, subject, "email"});
  check_site_text(file, after);
  replace_file(file, after);

  std::string recipients;
  for (const std::string& address : options.to) recipients += (recipients.empty() ? "" : ", ") + address;
  notes << messages.text("written", {{"file", terminal_text(file.string(), 4096)},
                                     {"profile", options.profile},
                                     {"to", terminal_text(recipients)}})
        << "\n";
  TemplateData data;
  data.set("profile", options.profile);
  out << render_text(std::string(owner_text(language, "form.html")), data);
  return kFine;
}

}  // namespace formmail
