#pragma once

#include <string>
#include <string_view>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/mailing/mail_template.h"
#include "mail/log.h"

namespace formmail {

/// What templates/mails/submission.* can name: fields (name, label, value, gap: a blank, or a line end before
/// a value of several lines; where the mail has HTML also
/// value_html: the value escaped, with a br for each line end), files (label, file_name, size, attached:
/// false where it is no longer at hand), site, profile, id, serial (absent if unknown), time, page_url
/// (absent if unknown), client_address.
TemplateData submission_data(const Site& site, const Profile& profile, const Submission& submission,
                             std::int64_t serial);

/// What an automatic reply can name: site, profile, id, time, the fields, and each field by its own name.
TemplateData auto_reply_data(const Site& site, const Profile& profile, const Submission& allowed);

/// What a subject can name: each field by its own name, serial, id.
TemplateData subject_data(const Submission& submission, std::int64_t serial);

/// A subject rendered as one line of at most 200 characters; "" if its template is broken, which is logged.
std::string subject_line(const std::string& source, const TemplateData& data, const mail::Log& log);

/// The text of a mail from `file`, else from the built-in templates/mails/`builtin`. A broken template must
/// not cost a mail: it is logged, and the built-in one is used.
std::string mail_text(const std::filesystem::path& file, const std::string& builtin, const TemplateData& data,
                      const mail::Log& log);
/// The same as HTML: values are escaped.
std::string mail_html(const std::filesystem::path& file, const std::string& builtin, const TemplateData& data,
                      const mail::Log& log);

}  // namespace formmail
