#include "cgi-bin/mailing/template_data.h"

#include <stdexcept>

#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/page/html.h"
#include "mail/compose/encoded_word.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

/// Escaped, with a `br` in place of each line end: the cells have white-space: pre-wrap, which keeps blanks,
/// but Outlook does not know it.
std::string value_html(std::string_view value) {
  std::string html;
  for (;;) {
    const std::size_t end = value.find('\n');
    html += html_escape(value.substr(0, end));
    if (end == std::string_view::npos) return html;
    html += "<br>";
    value.remove_prefix(end + 1);
  }
}

// By data[], as data.set() would copy each value twice.
TemplateData field_data(const SubmittedField& field, bool html) {
  const bool many = field.value.find('\n') != std::string::npos;
  TemplateData data;
  data["name"] = field.name;
  data["label"] = field.label;
  data["value"] = field.value;
  data["gap"] = many ? "\n" : " ";
  if (html) data["value_html"] = value_html(field.value);
  return data;
}

TemplateData file_data(const SubmittedFile& file) {
  TemplateData data;
  data["label"] = file.label;
  data["file_name"] = file.file_name;
  data["size"] = std::to_string(file.bytes.size());
  data["attached"] = file.attached;
  return data;
}

TemplateData common_data(const Site& site, const Profile& profile, const Submission& submission) {
  TemplateData fields(TemplateData::type::list);
  for (const SubmittedField& field : submission.fields) fields.push_back(field_data(field, profile.html));
  TemplateData data;
  data["fields"] = std::move(fields);
  data["site"] = site.name;
  data["profile"] = profile.name;
  data["id"] = submission.id;
  data["time"] = local_time(submission.time);
  return data;
}

std::string cut(std::string text, std::size_t most_characters) {
  if (mail::utf8_length(text) <= most_characters) return text;
  std::size_t length = 0;
  for (std::size_t i = 0; i + 1 < most_characters; ++i)
    length += mail::first_utf8_char(std::string_view(text).substr(length)).length;
  return text.substr(0, length) + "…";
}

using Render = std::string (*)(const std::string&, const TemplateData&);

std::string mail_part(Render render, const std::filesystem::path& file, const std::string& builtin,
                      const TemplateData& data, const mail::Log& log) {
  try {
    return render(mail_template(file, builtin), data);
  } catch (const std::runtime_error& error) {
    log.error("template", {{"file", file.string()}, {"error", error.what()}});
    return render(mail_template("", builtin), data);
  }
}

}  // namespace

TemplateData submission_data(const Site& site, const Profile& profile, const Submission& submission,
                             std::int64_t serial) {
  TemplateData files(TemplateData::type::list);
  for (const SubmittedFile& file : submission.files) files.push_back(file_data(file));
  TemplateData data = common_data(site, profile, submission);
  data["files"] = std::move(files);
  if (serial > 0) data.set("serial", std::to_string(serial));
  if (!submission.page_url.empty()) data.set("page_url", submission.page_url);
  data.set("client_address", submission.client_address);
  return data;
}

TemplateData auto_reply_data(const Site& site, const Profile& profile, const Submission& allowed) {
  TemplateData data = common_data(site, profile, allowed);
  for (const SubmittedField& field : allowed.fields)
    if (data.get(field.name) == nullptr) data.set(field.name, field.value);
  return data;
}

TemplateData subject_data(const Submission& submission, std::int64_t serial) {
  TemplateData data;
  for (const SubmittedField& field : submission.fields) data.set(field.name, field.value);
  if (data.get("serial") == nullptr && serial > 0) data.set("serial", std::to_string(serial));
  if (data.get("id") == nullptr) data.set("id", submission.id);
  return data;
}

std::string subject_line(const std::string& source, const TemplateData& data, const mail::Log& log) {
  constexpr std::size_t kMostCharacters = 200;
  try {
    return cut(mail::one_line(render_text(source, data)), kMostCharacters);
  } catch (const std::runtime_error& error) {
    log.error("subject", {{"template", source}, {"error", error.what()}});
    return "";
  }
}

std::string mail_text(const std::filesystem::path& file, const std::string& builtin, const TemplateData& data,
                      const mail::Log& log) {
  return mail_part(render_text, file, builtin, data, log);
}

std::string mail_html(const std::filesystem::path& file, const std::string& builtin, const TemplateData& data,
                      const mail::Log& log) {
  return mail_part(render_html, file, builtin, data, log);
}

}  // namespace formmail
