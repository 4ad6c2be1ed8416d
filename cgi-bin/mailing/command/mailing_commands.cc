#include "cgi-bin/mailing/command/mailing_commands.h"

#include "cgi-bin/mailing/command/outbox_command.h"
#include "cgi-bin/mailing/command/submissions_command.h"
#include "cgi-bin/mailing/command/webhooks_command.h"
#include "cgi-bin/mailing/local_time.h"

namespace formmail {

MailingCommands::MailingCommands(CLI::App& app) {
  outbox_ = app.add_subcommand("outbox", "mails that wait for the relay, or were refused for good");
  outbox_->require_subcommand(1);
  outbox_list_ = outbox_->add_subcommand("list", "one line a mail");
  outbox_list_->add_flag("--json", options_.json, "one JSON object a line");
  outbox_show_ = outbox_->add_subcommand("show", "a mail's envelope and text");
  outbox_retry_ = outbox_->add_subcommand("retry", "try a mail again now, one that was refused, too");
  outbox_delete_ = outbox_->add_subcommand("delete", "remove a mail for good");
  for (CLI::App* command : {outbox_show_, outbox_retry_, outbox_delete_})
    command->add_option("ID", options_.id, "as `list` shows it")->required();

  webhooks_ = app.add_subcommand("webhooks", "calls that a webhook has not taken yet");
  webhooks_->require_subcommand(1);
  webhooks_list_ = webhooks_->add_subcommand("list", "one line a call");
  webhooks_list_->add_flag("--json", options_.json, "one JSON object a line");
  webhooks_show_ = webhooks_->add_subcommand("show", "what the webhook would get");
  webhooks_retry_ = webhooks_->add_subcommand("retry", "make a call again now");
  webhooks_delete_ = webhooks_->add_subcommand("delete", "remove a call for good");
  for (CLI::App* command : {webhooks_show_, webhooks_retry_, webhooks_delete_})
    command->add_option("ID", options_.id, "as `list` shows it")->required();

  submissions_ = app.add_subcommand("submissions", "what visitors sent in the last days");
  submissions_->require_subcommand(1);
  submissions_list_ = submissions_->add_subcommand("list", "one line a submission");
  submissions_export_ = submissions_->add_subcommand("export", "all fields of all submissions");
  auto* csv = submissions_export_->add_flag("--csv", options_.csv, "for Excel (the default)");
  submissions_export_->add_flag("--json", options_.json, "as a JSON array")->excludes(csv);
  submissions_resend_ = submissions_->add_subcommand("resend", "mail a submission to its owner once more");
  submissions_resend_->add_option("ID", options_.id, "as `list` shows it")->required();
  for (CLI::App* command : {submissions_list_, submissions_export_}) {
    command->add_option("--site", options_.site, "only of this site")->type_name("NAME");
    command->add_option("--profile", options_.profile, "only of this profile")->type_name("NAME");
  }
}

bool MailingCommands::given() const {
  return outbox_->parsed() || webhooks_->parsed() || submissions_->parsed();
}

int MailingCommands::run(const Settings& settings, const mail::Log& log, std::ostream& out,
                         std::ostream& errors) const {
  set_time_zone(settings.time_zone);
  const SubmissionRecords::Filter filter{options_.site, options_.profile, options_.id};
  if (outbox_list_->parsed()) return list_outbox(settings, options_.json, out);
  if (outbox_show_->parsed()) return show_mail(settings, options_.id, out, errors);
  if (outbox_retry_->parsed()) return retry_mail(settings, log, options_.id, out, errors);
  if (outbox_delete_->parsed()) return delete_mail(settings, options_.id, errors);
  if (webhooks_list_->parsed()) return list_webhooks(settings, options_.json, out);
  if (webhooks_show_->parsed()) return show_webhook(settings, options_.id, out, errors);
  if (webhooks_retry_->parsed()) return retry_webhook(settings, log, options_.id, out, errors);
  if (webhooks_delete_->parsed()) return delete_webhook(settings, options_.id, errors);
  if (submissions_list_->parsed()) return list_submissions(settings, log, filter, out);
  if (submissions_resend_->parsed()) return resend_submission(settings, log, options_.id, out, errors);
  return options_.json ? export_json(settings, log, filter, out) : export_csv(settings, log, filter, out);
}

}  // namespace formmail
