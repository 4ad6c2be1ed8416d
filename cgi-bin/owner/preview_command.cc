#include <ostream>

#include "cgi-bin/mailing/auto_reply.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "cgi-bin/owner/command.h"
#include "cgi-bin/owner/page_file.h"
#include "cgi-bin/owner/report.h"

namespace formmail {

namespace {

/// Writes what one form leads to, as files.
class Preview {
 public:
  Preview(const OwnerOptions& options, const Surroundings& around, std::ostream& out)
      : options_(options),
        around_(around),
        out_(out),
        messages_(owner_text(language_of_owner(options), "preview.txt")) {}

  const Messages& messages() const { return messages_; }

  /// `prefix`: of the files' names. False if the form can't be sent.
  bool write(const PageForm& form, const Profile& profile, bool ssl, const std::string& prefix) {
    prefix_ = prefix;
    const Messages samples(owner_text(language_of_owner(options_), "samples.txt"));
    const Rehearsed rehearsed =
        rehearse(form, *around_.site, around_.settings.value(), ssl, around_.page_url, samples);
    if (rehearsed.with_errors.status == 422) file("errors.html", "errors", rehearsed.with_errors.body);
    if (!rehearsed.submission) {
      file("failed.html", "failed", (rehearsed.second ? *rehearsed.second : rehearsed.first).body);
      return false;
    }
    if (rehearsed.second) file("confirm.html", "confirm", rehearsed.first.body);
    file("complete.html", "complete", (rehearsed.second ? *rehearsed.second : rehearsed.first).body);
    write_mails(profile, *rehearsed.submission);
    return true;
  }

 private:
  void write_mails(const Profile& profile, const Submission& submission) {
    const mail::Log log("formmail", mail::LogLevel::error);
    file("mail.eml", "mail",
         SubmissionMail(*around_.site, profile, submission, 1, log, around_.settings->mail_templates)
             .compose()
             .message);
    if (!profile.autoreply) return;
    const std::optional<mail::Address> to = auto_reply_address(*around_.site, profile, submission);
    if (!to) return;
    file("autoreply.eml", "autoreply",
         compose_auto_reply(*around_.site, profile, submission, *to, log, around_.settings->mail_templates)
             .message);
  }

  void file(const char* name, const char* key, const std::string& bytes) {
    const std::filesystem::path path = options_.output / (prefix_ + name);
    write_file(path, bytes);
    out_ << terminal_text(path.string(), 4096) << ": " << messages_.text(key) << "\n";
  }

  const OwnerOptions& options_;
  const Surroundings& around_;
  std::ostream& out_;
  const Messages messages_;
  std::string prefix_;
};

}  // namespace

int preview_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes) {
  std::string bytes = read_page_file(options.page);
  const PageCharset charset = charset_of_page(bytes);
  const PageText text(std::move(bytes), charset.label);
  const Page page = read_page(text);
  const Surroundings around =
      find_surroundings(options.config, options.config_named, options.site, options.page);
  if (!around.settings || !around.site) {
    throw OwnerError("--site is missing: a site of formmail.toml, such as www.customer.example");
  }
  const UrlScope own_host = around.own_host();
  const UrlScope shared = around.shared_host();
  const CheckedPage checked{text, charset, page, &*around.site, own_host, shared, around.is_placed};
  std::filesystem::create_directories(options.output);
  Preview preview(options, around, out);
  int status = kFine;
  std::size_t number = 0;
  const auto say = [&](const char* key, std::size_t line) {
    notes << terminal_text(options.page.string(), 4096) << ": "
          << preview.messages().text(key, {{"line", std::to_string(line)}}) << "\n";
    status = kMistakes;
  };
  for (const PageForm& form : page.forms) {
    if (!form.is_formmail()) continue;
    ++number;
    const auto profile = around.site->profiles.find(std::string(form.first_value("_profile_")));
    if (profile == around.site->profiles.end()) {
      say("no-profile", text.line(form.tag.begin));
      continue;
    }
    const std::string prefix = number == 1 ? "" : std::to_string(number) + "-";
    if (!preview.write(form, profile->second, is_for_shared_ssl(form, checked), prefix)) status = kMistakes;
  }
  if (number == 0) say("no-form", 0);
  return status;
}

}  // namespace formmail
