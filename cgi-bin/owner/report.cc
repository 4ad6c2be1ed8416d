#include "cgi-bin/owner/report.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "cgi-bin/mailing/mail_template.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "mail/builtin_template.h"

namespace formmail {

namespace {

using kainjow::mustache::data;

constexpr std::size_t kLongestLine = 2000;
constexpr std::size_t kMostBodyLines = 200;
/// Rehearsals cost a few milliseconds each; a page with more forms than that is no one's page.
constexpr std::size_t kMostRehearsals = 20;

std::string safe(std::string_view text) { return terminal_text(text, kLongestLine); }

std::string joined(const std::vector<mail::Address>& addresses) {
  std::string text;
  for (const mail::Address& address : addresses) text += (text.empty() ? "" : ", ") + address.spec();
  return safe(text);
}

data line_list(std::string_view text) {
  data lines(data::type::list);
  for (std::size_t count = 0; !text.empty() && count < kMostBodyLines; ++count) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    data entry;
    entry.set("text", safe(line));
    lines.push_back(entry);
  }
  return lines;
}

data mail_data(const mail::Draft& draft) {
  data mail;
  mail.set("from", safe(draft.from.spec()));
  mail.set("to", joined(draft.to));
  if (!draft.cc.empty()) mail.set("cc", joined(draft.cc));
  if (draft.reply_to) mail.set("reply_to", safe(draft.reply_to->spec()));
  mail.set("subject", safe(draft.subject));
  data attachments(data::type::list);
  for (const mail::Attachment& attachment : draft.attachments) {
    data entry;
    entry.set("name", safe(attachment.file_name));
    attachments.push_back(entry);
  }
  mail.set("attachments", attachments);
  mail.set("body", line_list(draft.text));
  return mail;
}

class FormReport {
 public:
  FormReport(const PageForm& form, const CheckedPage& checked, const Surroundings& around,
             std::string_view language)
      : form_(form),
        checked_(checked),
        around_(around),
        language_(language),
        ssl_(is_for_shared_ssl(form, checked)) {}

  data make(bool rehearsed) {
    data_.set("line", std::to_string(checked_.text.line(form_.tag.begin)));
    data_.set("action", safe(form_.tag.value("action")));
    if (ssl_) data_.set("ssl", data(true));
    if (!form_.first_value("_profile_").empty()) data_.set("profile", safe(form_.first_value("_profile_")));
    const std::string_view confirm = form_.first_value("_conf_enable_");
    if (!confirm.empty() && confirm != "0") data_.set("confirm", data(true));
    add_url("_css_url_", "css_url", UrlUse::style_sheet);
    add_url("_comp_return_url_", "return_url", UrlUse::link);
    add_fields();
    if (rehearsed && form_.controls.size() <= kMostControls) add_mail();
    return data_;
  }

 private:
  void add_url(const std::string& field, const char* key, UrlUse use) {
    const std::string given(form_.first_value(field));
    if (given.empty()) return;
    const SiteUrl ruled = site_url(given, use, ssl_ ? checked_.shared : checked_.own_host);
    if (!ruled.url.empty()) data_.set(key, safe(ruled.url));
  }

  void add_fields() {
    data fields(data::type::list);
    std::set<std::string> seen;
    for (const WrittenLabel& written : labels_of(form_)) {
      if (!seen.insert(written.label.field).second) continue;
      data field;
      field.set("name", safe(written.label.field));
      field.set("label", safe(written.label.text));
      if (written.label.required) field.set("required", data(true));
      fields.push_back(field);
    }
    data_.set("fields", fields);
  }

  void add_mail() {
    if (!around_.settings || !around_.site) {
      data_.set("no_site", data(true));
      return;
    }
    const auto profile = around_.site->profiles.find(std::string(form_.first_value("_profile_")));
    if (profile == around_.site->profiles.end()) return;
    const Messages samples(owner_text(language_, "samples.txt"));
    const Rehearsed rehearsed =
        rehearse(form_, *around_.site, *around_.settings, ssl_, around_.page_url, samples);
    if (!rehearsed.submission) {
      data status;
      status.set("status", std::to_string(rehearsed.first.status));
      data_.set("not_sent", status);
      return;
    }
    const mail::Log log("formmail", mail::LogLevel::error);
    const SubmissionMail mail(*around_.site, profile->second, *rehearsed.submission, 1, log,
                              around_.settings->mail_templates);
    data_.set("mail", mail_data(mail.draft()));
  }

  const PageForm& form_;
  const CheckedPage& checked_;
  const Surroundings& around_;
  const std::string_view language_;
  const bool ssl_;
  data data_;
};

data mistake_list(const std::vector<Mistake>& mistakes, const Messages& messages, const std::string& file) {
  data list(data::type::list);
  for (const Mistake& mistake : mistakes) {
    data entry;
    entry.set("file", file);
    entry.set("line", std::to_string(std::max<std::size_t>(mistake.line, 1)));
    if (mistake.hint) entry.set("hint", data(true));
    entry.set("key", mistake.key);
    entry.set("text", mistake.text(messages));
    list.push_back(entry);
  }
  return list;
}

}  // namespace

std::string_view owner_text(std::string_view language, std::string_view name) {
  const std::string path = "owner/" + std::string(language) + "/" + std::string(name);
  const std::optional<std::string_view> text = mail::builtin_template(path);
  if (!text) throw std::logic_error("no template " + path);
  return *text;
}

std::string report(const std::filesystem::path& file, const CheckedPage& checked, const Surroundings& around,
                   const std::vector<Mistake>& mistakes, std::string_view language) {
  data forms(data::type::list);
  std::size_t count = 0;
  for (const PageForm& form : checked.page.forms) {
    if (!form.is_formmail()) continue;
    forms.push_back(FormReport(form, checked, around, language).make(++count <= kMostRehearsals));
  }
  const Messages messages(owner_text(language, "mistakes.txt"));
  const auto wrong =
      std::count_if(mistakes.begin(), mistakes.end(), [](const Mistake& mistake) { return !mistake.hint; });
  data all;
  all.set("file", safe(file.string()));
  all.set("charset", safe(checked.charset.label));
  all.set("count", std::to_string(count));
  if (!around.site_name.empty()) all.set("site", safe(around.site_name));
  all.set("forms", forms);
  all.set("mistakes", mistake_list(mistakes, messages, safe(file.string())));
  if (mistakes.empty()) all.set("fine", data(true));
  if (wrong > 0) all.set("count_mistakes", std::to_string(wrong));
  return render_text(std::string(owner_text(language, "check.txt")), all);
}

}  // namespace formmail
