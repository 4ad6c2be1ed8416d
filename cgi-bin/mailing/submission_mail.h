#pragma once

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

/// The mail that tells the site's owner of a submission. From and the recipients come from the site's file
/// alone.
class SubmissionMail {
 public:
  /// Throws std::invalid_argument where the site's file names an address that is none. The submission must
  /// outlive this.
  SubmissionMail(const Site& site, const Profile& profile, const Submission& submission,
                 const mail::Log& log);

  ComposedMail compose() const;
  /// Without a Reply-To whose local part is UTF-8; the address still stands in the text.
  ComposedMail compose_plain() const;

 private:
  mail::Draft draft_;
};

}  // namespace formmail
