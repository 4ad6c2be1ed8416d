#include "cgi-bin/mailing/submission_mail.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include "cgi-bin/mailing/mail_template.h"
#include "mail/compose/encoded_word.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

mail::Address site_address(const std::string& text) {
  auto address = mail::Address::parse(text);
  if (!address) throw std::invalid_argument("no mail address in the site's file: " + text);
  return *std::move(address);
}

std::vector<mail::Address> site_addresses(const std::vector<std::string>& texts) {
  std::vector<mail::Address> addresses;
  for (const std::string& text : texts) addresses.push_back(site_address(text));
  return addresses;
}

const std::string* value_of(const Submission& submission, const std::string& field) {
  const auto found = std::ranges::find(submission.fields, field, &SubmittedField::name);
  return found == submission.fields.end() ? nullptr : &found->value;
}

std::optional<mail::Address> reply_to(const Profile& profile, const Submission& submission) {
  if (profile.reply_field.empty()) return std::nullopt;
  const std::string* value = value_of(submission, profile.reply_field);
  return value == nullptr ? std::nullopt : mail::Address::parse(*value);
}

std::string local_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z", &local);
  return text.data();
}

TemplateData field_data(const SubmittedField& field) {
  const bool many = field.value.find('\n') != std::string::npos;
  TemplateData data;
  data.set("name", field.name);
  data.set("label", field.label);
  data.set("value", field.value);
  data.set("gap", many ? "\n" : " ");
  return data;
}

TemplateData file_data(const SubmittedFile& file) {
  TemplateData data;
  data.set("label", file.label);
  data.set("file_name", file.file_name);
  data.set("size", std::to_string(file.bytes.size()));
  return data;
}

TemplateData submission_data(const Site& site, const Profile& profile, const Submission& submission) {
  TemplateData fields(TemplateData::type::list);
  for (const SubmittedField& field : submission.fields) fields.push_back(field_data(field));
  TemplateData files(TemplateData::type::list);
  for (const SubmittedFile& file : submission.files) files.push_back(file_data(file));
  TemplateData data;
  data.set("fields", fields);
  data.set("files", files);
  data.set("site", site.name);
  data.set("profile", profile.name);
  data.set("id", submission.id);
  data.set("time", local_time(submission.time));
  if (!submission.page_url.empty()) data.set("page_url", submission.page_url);
  data.set("client_address", submission.client_address);
  return data;
}

/// A profile's broken template must not cost a mail: it is told in the log, and the built-in one is used.
std::string mail_text(const Profile& profile, const std::string& builtin, const TemplateData& data,
                      const mail::Log& log) {
  try {
    return render_text(mail_template(profile.template_file, builtin), data);
  } catch (const std::runtime_error& error) {
    log.error("template", {{"file", profile.template_file.string()}, {"error", error.what()}});
    return render_text(mail_template("", builtin), data);
  }
}

/// The subject may name fields; their values stand in it as one line.
std::string subject_line(const Site& site, const Profile& profile, const Submission& submission,
                         const mail::Log& log) {
  constexpr std::size_t kMostCharacters = 200;
  TemplateData data;
  for (const SubmittedField& field : submission.fields) data.set(field.name, field.value);
  std::string subject;
  try {
    subject = mail::one_line(render_text(profile.subject, data));
  } catch (const std::runtime_error& error) {
    log.error("subject", {{"profile", profile.name}, {"error", error.what()}});
  }
  if (subject.empty()) subject = profile.name + " (" + site.name + ")";
  if (mail::utf8_length(subject) <= kMostCharacters) return subject;
  std::size_t length = 0;
  for (std::size_t i = 0; i + 1 < kMostCharacters; ++i)
    length += mail::first_utf8_char(std::string_view(subject).substr(length)).length;
  return subject.substr(0, length) + "…";
}

std::vector<mail::Attachment> attachments(const Submission& submission) {
  std::vector<mail::Attachment> all;
  for (const SubmittedFile& file : submission.files)
    all.push_back({file.file_name, file.media_type, file.bytes});
  return all;
}

ComposedMail composed(const mail::Draft& draft) {
  ComposedMail mail;
  mail.envelope.sender = draft.from;
  mail.envelope.recipients = draft.to;
  mail.envelope.recipients.insert(mail.envelope.recipients.end(), draft.cc.begin(), draft.cc.end());
  mail.envelope.needs_smtputf8 = draft.reply_to && draft.reply_to->needs_smtputf8();
  mail.message = mail::compose(draft);
  return mail;
}

}  // namespace

SubmissionMail::SubmissionMail(const Site& site, const Profile& profile, const Submission& submission,
                               const mail::Log& log)
    : draft_(site_address(site.from)) {
  draft_.to = site_addresses(profile.to);
  draft_.cc = site_addresses(profile.cc);
  const std::string builtin = submission.language == "en" ? "submission.en.txt" : "submission.ja.txt";
  draft_.reply_to = reply_to(profile, submission);
  draft_.subject = subject_line(site, profile, submission, log);
  draft_.text = mail_text(profile, builtin, submission_data(site, profile, submission), log);
  draft_.attachments = attachments(submission);
  draft_.charset = profile.charset == "iso-2022-jp" ? "ISO-2022-JP" : "UTF-8";
  draft_.message_id = mail::new_message_id(submission.id, draft_.from);
  draft_.date = submission.time;
}

ComposedMail SubmissionMail::compose() const { return composed(draft_); }

ComposedMail SubmissionMail::compose_plain() const {
  mail::Draft plain = draft_;
  plain.reply_to.reset();
  return composed(plain);
}

}  // namespace formmail
