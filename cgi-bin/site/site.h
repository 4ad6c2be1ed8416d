#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// [profile.NAME.autoreply]: the mail to the visitor.
struct AutoReply {
  std::string subject;
  std::filesystem::path template_file;
  int per_address_per_day = 3;              ///< over all sites of the machine
  int per_client_per_day = 20;              ///< by client address (/64 for IPv6)
  std::vector<std::string> allowed_fields;  ///< fields whose values may stand in the reply; default none

  bool operator==(const AutoReply&) const = default;
};

/// [profile.NAME.webhook]: a program that is told of each submission.
struct Webhook {
  std::string url;
  std::string secret;  ///< of the signature

  bool operator==(const Webhook&) const = default;
};

/// [profile.NAME.challenge]: a service that says whether a person sends the form.
struct Challenge {
  std::string field;  ///< of the form: holds what the service gave the visitor
  std::string url;    ///< where that is verified
  std::string secret;
  int timeout_seconds = 3;
  bool refuse_unverified = false;  ///< where the service gives no answer

  bool operator==(const Challenge&) const = default;
};

/// [profile.NAME]: where one form's mail goes. Recipients stand only here, never in a page.
struct Profile {
  std::string name;  ///< [A-Za-z0-9_-]{1,64}
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::string subject;                  ///< may name fields: "お問い合わせ: {{name}}"
  std::string charset = "utf-8";        ///< or "iso-2022-jp"
  std::string reply_field;              ///< field whose value becomes Reply-To
  std::filesystem::path template_file;  ///< of the mail; "" the built-in one
  bool html = false;                    ///< the mail has an HTML alternative
  std::filesystem::path html_template;  ///< of that; "" the built-in one
  bool csv = false;                     ///< the mail has the submission as a CSV file
  int keep_days = 30;                   ///< submissions are recorded on the server for so long; 0: not at all
  bool keep_files = false;              ///< uploads are recorded, too
  std::optional<AutoReply> autoreply;
  std::optional<Webhook> webhook;
  std::optional<Challenge> challenge;

  std::string form_charset;   ///< of forms without _charset_; "" is guessed
  std::int64_t per_hour = 0;  ///< submissions an hour; 0: the hoster's limit

  bool operator==(const Profile&) const = default;
};

/// One customer: sites/NAME.toml.
struct Site {
  std::string name;                ///< "www.customer.example": the prefix on the shared-SSL host
  std::vector<std::string> hosts;  ///< H(S), lower case, A-labels
  std::filesystem::path document_root;
  std::string from;       ///< addr-spec: From and envelope sender of every mail
  std::string from_name;  ///< shown with it; "" none
  std::map<std::string, Profile> profiles;
  std::filesystem::path page_templates;  ///< [pages] templates: stand in for the hoster's; "" none
  std::filesystem::path mail_templates;  ///< [mails] templates: stand in for the hoster's; "" none
  std::vector<std::string> words;        ///< [refuse] words: a submission with one of them is refused
  int max_urls = -1;                     ///< [refuse] urls: most URLs in a submission; -1 any number

  /// Reads sites/NAME.toml; NAME becomes the site's name. Throws mail::ConfigError.
  static Site read(const std::filesystem::path& file);

  bool operator==(const Site&) const = default;
};

/// Whether `name` can name a profile: [A-Za-z0-9_-]{1,64}.
bool is_profile_name(std::string_view name);

}  // namespace formmail
