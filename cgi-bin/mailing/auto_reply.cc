#include "cgi-bin/mailing/auto_reply.h"

#include <algorithm>
#include <array>

#include "cgi-bin/mailing/mail_template.h"
#include "cgi-bin/mailing/template_data.h"
#include "cgi-bin/mailing/without_urls.h"
#include "mail/compose/encoded_word.h"

namespace formmail {

namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Mailboxes that programs read or that RFC 2142 gives to a network's operators. Not its info, sales and
/// support: small companies write from those.
bool is_role(const std::string& local) {
  constexpr auto kRoles = std::to_array<std::string_view>(
      {"abuse",      "admin",      "administrator", "auto-reply",    "autoreply",     "autoresponder",
       "bounce",     "bounces",    "daemon",        "devnull",       "fml",           "ftp",
       "hostmaster", "listmaster", "listserv",      "mailer-daemon", "mailer_daemon", "mailerdaemon",
       "mailman",    "majordomo",  "news",          "nobody",        "noc",           "null",
       "postmaster", "root",       "security",      "sympa",         "usenet",        "uucp",
       "vacation",   "webmaster",  "www",           "www-data"});
  constexpr auto kStarts = std::to_array<std::string_view>(
      {"owner-", "bounce-", "bounces-", "noreply", "no-reply", "no_reply", "no.reply", "donotreply",
       "do-not-reply", "do_not_reply", "do.not.reply", "srs0=", "srs1=", "prvs=", "btv1=="});
  constexpr auto kEnds = std::to_array<std::string_view>(
      {"-request", "-owner", "-bounces", "-bounce", "-errors", "-noreply", "-no-reply", "-relay", "-outgoing",
       "-admin", "-ctl", "-join", "-leave", "-subscribe", "-unsubscribe", "-confirm"});
  const std::string_view name = std::string_view(local).substr(0, local.find('+'));
  return std::ranges::find(kRoles, name) != kRoles.end() ||
         std::ranges::any_of(kStarts, [&](std::string_view start) { return name.starts_with(start); }) ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

/// user%host@relay, host!user@relay and "user@host"@relay are routes to some servers.
bool is_route(const std::string& local) { return local.find_first_of("%!@:") != std::string::npos; }

bool is_sites_own(const Site& site, const mail::Address& address) {
  const auto same = [&](const std::string& text) {
    const auto own = mail::Address::parse(text);
    return own && mailbox_of(*own) == mailbox_of(address);
  };
  return same(site.from) || std::ranges::any_of(site.profiles, [&](const auto& profile) {
           return std::ranges::any_of(profile.second.to, same) ||
                  std::ranges::any_of(profile.second.cc, same);
         });
}

Submission with_allowed_fields_only(const AutoReply& reply, const Submission& submission) {
  Submission allowed;
  allowed.id = submission.id;
  allowed.language = submission.language;
  allowed.time = submission.time;
  for (const SubmittedField& field : submission.fields)
    if (std::ranges::find(reply.allowed_fields, field.name) != reply.allowed_fields.end())
      allowed.fields.push_back({field.name, without_urls(field.label), without_urls(field.value)});
  return allowed;
}

}  // namespace

std::string mailbox_of(const mail::Address& address) {
  std::string local = address.local().substr(0, address.local().find('+'));
  std::erase(local, '.');
  return lower(local + '@' + address.domain());
}

std::optional<mail::Address> auto_reply_address(const Site& site, const Profile& profile,
                                                const Submission& submission) {
  if (!profile.autoreply) return std::nullopt;
  auto address = submitters_address(profile, submission);
  if (!address || is_route(address->local()) || is_role(lower(address->local()))) return std::nullopt;
  if (is_sites_own(site, *address)) return std::nullopt;
  return address;
}

ComposedMail compose_auto_reply(const Site& site, const Profile& profile, const Submission& submission,
                                const mail::Address& to, const mail::Log& log,
                                const std::filesystem::path& hoster_templates) {
  const AutoReply& reply = *profile.autoreply;
  const Submission allowed = with_allowed_fields_only(reply, submission);
  const TemplateData data = auto_reply_data(site, profile, allowed);
  const std::string language = submission.language == "en" ? "en" : "ja";
  const auto text = [&](const std::filesystem::path& own, const std::string& name) {
    return mail_text(find_mail_template(own, {site.mail_templates, hoster_templates}, name), name, data, log);
  };
  mail::Draft draft(site_address(site.from));
  draft.from_name = site.from_name;
  draft.to = {to};
  draft.subject = subject_line(reply.subject, data, log);
  if (draft.subject.empty()) draft.subject = text("", "autoreply.subject." + language + ".txt");
  draft.text = text(reply.template_file, "autoreply." + language + ".txt");
  draft.charset = profile.charset == "iso-2022-jp" ? "ISO-2022-JP" : "UTF-8";
  draft.message_id = mail::message_id(submission.id + "-reply", draft.from);
  draft.date = submission.time;
  draft.auto_submitted = mail::AutoSubmitted::replied;
  ComposedMail composed;
  composed.envelope.recipients = draft.to;
  composed.envelope.needs_smtputf8 = to.needs_smtputf8();
  composed.message = mail::compose(draft);
  return composed;
}

}  // namespace formmail
