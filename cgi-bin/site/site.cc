#include "cgi-bin/site/site.h"

#include <algorithm>

#include "cgi-bin/site/host_name.h"
#include "cgi-bin/webhook/hook_url.h"
#include "mail/address.h"
#include "mail/config.h"

namespace formmail {

namespace {

/// Addresses of the hoster's or the owner's: a typing error is told at once, not with the first mail.
std::vector<std::string> read_addresses(mail::ConfigTable& table, std::string_view key) {
  std::vector<std::string> addresses = table.texts(key, {});
  for (const std::string& address : addresses)
    if (!mail::Address::parse(address)) table.fail(key, "is no mail address: " + address);
  return addresses;
}

AutoReply read_autoreply(mail::ConfigTable table) {
  AutoReply reply;
  reply.subject = table.text("subject", "");
  reply.template_file = table.path("template", "");
  reply.per_address_per_day = static_cast<int>(table.integer("per_address_per_day", 3, 0, 1000));
  reply.per_client_per_day = static_cast<int>(table.integer("per_client_per_day", 20, 0, 100000));
  reply.allowed_fields = table.texts("fields", {});
  return reply;
}

Webhook read_webhook(mail::ConfigTable table) {
  constexpr std::size_t kShortestSecret = 16;
  Webhook hook;
  hook.url = table.text("url", "");
  if (!HookUrl::parse(hook.url)) {
    table.fail("url", "must be an https address without a user name: \"https://hooks.example/formmail\"");
  }
  hook.secret = table.text("secret", "");
  if (hook.secret.size() < kShortestSecret) table.fail("secret", "must have at least 16 characters");
  return hook;
}

Challenge read_challenge(mail::ConfigTable table) {
  Challenge challenge;
  challenge.field = table.text("field", "");
  if (challenge.field.empty()) table.fail("field", "must name the field: \"cf-turnstile-response\"");
  challenge.url = table.text("url", "");
  if (!HookUrl::parse(challenge.url)) {
    table.fail("url", "must be the https address where answers are verified, without a user name");
  }
  challenge.secret = table.text("secret", "");
  if (challenge.secret.empty()) table.fail("secret", "must be the secret that the service gave to the site");
  challenge.timeout_seconds = static_cast<int>(table.integer("timeout_seconds", 3, 1, 30));
  challenge.refuse_unverified = table.choice("unverified", "accept", {"accept", "refuse"}) == "refuse";
  return challenge;
}

Profile read_profile(const std::string& name, mail::ConfigTable table) {
  Profile profile;
  profile.name = name;
  profile.to = read_addresses(table, "to");
  if (profile.to.empty()) table.fail("to", "must name a recipient: [\"info@customer.example\"]");
  profile.cc = read_addresses(table, "cc");
  profile.subject = table.text("subject", "");
  profile.charset = table.choice("charset", "utf-8", {"utf-8", "iso-2022-jp"});
  profile.reply_field = table.text("reply_field", "");
  profile.template_file = table.path("template", "");
  profile.html = table.flag("html", false);
  profile.html_template = table.path("html_template", "");
  profile.csv = table.flag("csv", false);
  profile.keep_days = static_cast<int>(table.integer("keep_days", 30, 0, 36500));
  profile.keep_files = table.flag("keep_files", false);
  if (table.has("autoreply")) profile.autoreply = read_autoreply(table.table("autoreply"));
  if (table.has("webhook")) profile.webhook = read_webhook(table.table("webhook"));
  if (table.has("challenge")) profile.challenge = read_challenge(table.table("challenge"));
  profile.form_charset =
      table.choice("form_charset", "", {"", "utf-8", "euc-jp", "shift_jis", "iso-2022-jp"});
  profile.per_hour = table.integer("per_hour", 0, 0, 1000000);
  return profile;
}

}  // namespace

bool is_profile_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Site Site::read(const std::filesystem::path& file) {
  Site site;
  site.name = file.stem().string();
  mail::ConfigTable top = mail::ConfigTable::read(file);
  for (const std::string& host : top.texts("hosts", {site.name})) {
    site.hosts.push_back(host_name(host));
    if (site.hosts.back().empty()) top.fail("hosts", "must be host names: [\"www.customer.example\"]");
  }
  site.document_root = top.path("document_root", "");
  site.from = top.text("from", "");
  if (!mail::Address::parse(site.from))
    top.fail("from", "must be the mail address that the site's mails come from");
  site.from_name = top.text("from_name", "");
  for (const auto& [name, table] : top.tables("profile")) {
    if (!is_profile_name(name)) {
      top.table("profile").fail(name, "is no profile's name: 1 to 64 of A-Z, a-z, 0-9, _ and -");
    }
    site.profiles.emplace(name, read_profile(name, table));
  }
  site.page_templates = top.table("pages").path("templates", "");
  site.mail_templates = top.table("mails").path("templates", "");
  mail::ConfigTable refuse = top.table("refuse");
  site.words = refuse.texts("words", {});
  site.max_urls = static_cast<int>(refuse.integer("urls", -1, -1, 1000));
  top.finish();
  return site;
}

}  // namespace formmail
