#pragma once

#include <iosfwd>
#include <string>

#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/settings.h"
#include "mail/log.h"

namespace formmail {

// Each returns the exit status of its command.

int list_submissions(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
                     std::ostream& out);

/// A line for each submission, a column for each field that any of them has. Opens right in Excel, and holds
/// nothing that it would compute.
int export_csv(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
               std::ostream& out);

int export_json(const Settings& settings, const mail::Log& log, const SubmissionRecords::Filter& filter,
                std::ostream& out);

/// Mails a submission to its owner once more, as the site's file is now. Uploads only where the profile keeps
/// them (keep_files).
int resend_submission(const Settings& settings, const mail::Log& log, const std::string& id,
                      std::ostream& out, std::ostream& errors);

}  // namespace formmail
