#include "cgi-bin/mailing/make_delivery.h"

#include <stdexcept>

#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_mail.h"

namespace formmail {

namespace {

class MailDelivery : public Delivery {
 public:
  MailDelivery(const Settings& settings, const mail::Log& log) : post_office_(settings, log), log_(log) {}

  Outcome deliver(const Site& site, const Profile& profile, const Submission& submission) override {
    try {
      return post_office_.send(parcel(site, profile, submission));
    } catch (const std::invalid_argument& error) {
      log_.error("site", {{"site", site.name}, {"profile", profile.name}, {"error", error.what()}});
      return Outcome::unavailable;
    }
  }

 private:
  Parcel parcel(const Site& site, const Profile& profile, const Submission& submission) const {
    const SubmissionMail mail(site, profile, submission, log_);
    Parcel parcel{submission.id, site.name, profile.name, mail.compose(), std::nullopt};
    if (parcel.mail.envelope.needs_smtputf8) parcel.plain = mail.compose_plain();
    return parcel;
  }

  PostOffice post_office_;
  mail::Log log_;
};

}  // namespace

std::unique_ptr<Delivery> make_delivery(const Settings& settings, mail::Log log) {
  return std::make_unique<MailDelivery>(settings, log);
}

}  // namespace formmail
