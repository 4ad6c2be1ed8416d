#include "cgi-bin/mailing/submission_mail.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "cgi-bin/form/typed_address.h"
#include "cgi-bin/mailing/csv.h"
#include "cgi-bin/mailing/template_data.h"

namespace formmail {

namespace {

std::vector<mail::Address> site_addresses(const std::vector<std::string>& texts) {
  std::vector<mail::Address> addresses;
  addresses.reserve(texts.size());
  for (const std::string& text : texts) addresses.push_back(site_address(text));
  return addresses;
}

std::string csv_of(const Submission& submission) {
  std::vector<std::string> labels;
  std::vector<std::string> values;
  for (const SubmittedField& field : submission.fields) {
    labels.push_back(field.label);
    values.push_back(field.value);
  }
  for (const SubmittedFile& file : submission.files) {
    labels.push_back(file.label);
    values.push_back(file.file_name);
  }
  return std::string(kCsvStart) + csv_line(labels) + csv_line(values);
}

std::vector<mail::Attachment> attachments(const Submission& submission) {
  std::vector<mail::Attachment> all;
  all.reserve(submission.files.size());
  for (const SubmittedFile& file : submission.files)
    all.push_back({file.file_name, file.media_type, file.bytes});
  return all;
}

ComposedMail composed(const mail::Draft& draft) {
  ComposedMail mail;
  mail.envelope.sender = draft.from;
  for (const auto* list : {&draft.to, &draft.cc}) {
    for (const mail::Address& address : *list) {
      const auto same = [&](const mail::Address& other) { return other.same_mailbox(address); };
      if (std::ranges::none_of(mail.envelope.recipients, same)) mail.envelope.recipients.push_back(address);
    }
  }
  mail.envelope.needs_smtputf8 = (draft.reply_to && draft.reply_to->needs_smtputf8()) ||
                                 std::ranges::any_of(draft.to, &mail::Address::needs_smtputf8) ||
                                 std::ranges::any_of(draft.cc, &mail::Address::needs_smtputf8);
  mail.message = mail::compose(draft);
  return mail;
}

}  // namespace

mail::Address site_address(const std::string& text) {
  auto address = mail::Address::parse(text);
  if (!address) throw std::invalid_argument("no mail address in the site's file: " + text);
  return *std::move(address);
}

std::optional<mail::Address> submitters_address(const Profile& profile, const Submission& submission) {
  if (profile.reply_field.empty()) return std::nullopt;
  const auto found = std::ranges::find(submission.fields, profile.reply_field, &SubmittedField::name);
  return found == submission.fields.end() ? std::nullopt : typed_address(found->value);
}

SubmissionMail::SubmissionMail(const Site& site, const Profile& profile, const Submission& submission,
                               std::int64_t serial, const mail::Log& log,
                               const std::filesystem::path& hoster_templates)
    : draft_(site_address(site.from)) {
  const TemplateData data = submission_data(site, profile, submission, serial);
  const std::string language = submission.language == "en" ? "en" : "ja";
  draft_.from_name = site.from_name;
  draft_.to = site_addresses(profile.to);
  draft_.cc = site_addresses(profile.cc);
  draft_.reply_to = submitters_address(profile, submission);
  draft_.subject = subject_line(profile.subject, subject_data(submission, serial), log);
  if (draft_.subject.empty()) draft_.subject = profile.name + " (" + site.name + ")";
  const std::string text = "submission." + language + ".txt";
  const std::string html = "submission." + language + ".html";
  const auto places = {site.mail_templates, hoster_templates};
  draft_.text = mail_text(find_mail_template(profile.template_file, places, text), text, data, log);
  if (profile.html)
    draft_.html = mail_html(find_mail_template(profile.html_template, places, html), html, data, log);
  draft_.attachments = attachments(submission);
  if (profile.csv) {
    csv_ = csv_of(submission);
    draft_.attachments.push_back({submission.id + ".csv", "text/csv", csv_, "utf-8"});
  }
  draft_.charset = profile.charset == "iso-2022-jp" ? "ISO-2022-JP" : "UTF-8";
  draft_.message_id = mail::message_id(submission.id, draft_.from);
  draft_.date = submission.time;
}

ComposedMail SubmissionMail::compose() const { return composed(draft_); }

std::vector<OutgoingMail> SubmissionMail::outgoing() const {
  std::vector<OutgoingMail> mails;
  mail::Draft draft = draft_;
  std::erase_if(draft.to, std::mem_fn(&mail::Address::needs_smtputf8));
  std::erase_if(draft.cc, std::mem_fn(&mail::Address::needs_smtputf8));
  if (!draft.to.empty() || !draft.cc.empty()) {
    mails.push_back({composed(draft)});
    if (mails.front().mail.envelope.needs_smtputf8) {
      draft.reply_to.reset();
      mails.front().plain = composed(draft);
    }
  }
  if (draft.to.size() == draft_.to.size() && draft.cc.size() == draft_.cc.size()) return mails;
  ComposedMail apart = composed(draft_);
  std::erase_if(apart.envelope.recipients, std::not_fn(std::mem_fn(&mail::Address::needs_smtputf8)));
  mails.push_back({std::move(apart)});
  return mails;
}

}  // namespace formmail
