#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cgi-bin/mailing/delivery.h"
#include "mail/compose/message.h"
#include "mail/log.h"
#include "mail/smtp/client.h"

namespace formmail {

/// A mail ready to be sent.
struct ComposedMail {
  mail::SmtpEnvelope envelope;
  std::string message;
};

/// One mail in the forms in which it can go out.
struct OutgoingMail {
  ComposedMail mail;
  /// The same without UTF-8 in its header, for a relay without SMTPUTF8; none where it has no such thing.
  std::optional<ComposedMail> plain = std::nullopt;
};

/// An address of the site's file. Throws std::invalid_argument if it is none.
mail::Address site_address(const std::string& text);

/// The visitor's address: the value of the profile's reply_field, if it is one.
std::optional<mail::Address> submitters_address(const Profile& profile, const Submission& submission);

/// The mail that tells the site's owner of a submission. From and the recipients come from the site's file
/// alone.
class SubmissionMail {
 public:
  /// Throws std::invalid_argument where the site's file names an address that is none. The submission must
  /// outlive this. `serial`: 0 unknown.
  SubmissionMail(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial,
                 const mail::Log& log, const std::filesystem::path& hoster_templates = {});
  SubmissionMail(const SubmissionMail&) = delete;
  SubmissionMail& operator=(const SubmissionMail&) = delete;

  /// What is composed, for showing it.
  const mail::Draft& draft() const { return draft_; }
  ComposedMail compose() const;
  /// As it is sent: recipients whose own address needs SMTPUTF8 have a mail for themselves, so that a relay
  /// without it refuses it for them alone. The plain form of the others' lacks a Reply-To whose local part is
  /// UTF-8; the address still stands in the text.
  std::vector<OutgoingMail> outgoing() const;

 private:
  std::string csv_;  ///< the draft's attachment views it
  mail::Draft draft_;
};

}  // namespace formmail
