#include "cgi-bin/mailing/make_delivery.h"

#include <stdexcept>

#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "cgi-bin/mailing/submission_records.h"

namespace formmail {

namespace {

class MailDelivery : public Delivery {
 public:
  MailDelivery(const Settings& settings, const mail::Log& log)
      : post_office_(settings, log), records_(settings.outbox_directory), log_(log) {}

  Outcome deliver(const Site& site, const Profile& profile, const Submission& submission) override {
    const std::int64_t serial = record(site, profile, submission);
    const Outcome outcome = send(site, profile, submission, serial);
    if (profile.keep_days > 0) record_outcome(submission, outcome);
    return outcome;
  }

 private:
  /// The serial number; 0 if it can't be had: a record that can't be written must not cost a mail.
  std::int64_t record(const Site& site, const Profile& profile, const Submission& submission) {
    try {
      return records_.add(site, profile, submission);
    } catch (const DatabaseError& error) {
      log_.error("record", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
      return 0;
    }
  }

  void record_outcome(const Submission& submission, Outcome outcome) {
    try {
      records_.set_outcome(submission.id, outcome);
    } catch (const DatabaseError& error) {
      log_.error("record", {{"id", submission.id}, {"error", error.what()}});
    }
  }

  Outcome send(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial) {
    try {
      const SubmissionMail mail(site, profile, submission, serial, log_);
      Parcel parcel{submission.id, site.name, profile.name, mail.compose(), std::nullopt};
      if (parcel.mail.envelope.needs_smtputf8) parcel.plain = mail.compose_plain();
      return post_office_.send(parcel);
    } catch (const std::invalid_argument& error) {
      log_.error("site", {{"site", site.name}, {"profile", profile.name}, {"error", error.what()}});
      return Outcome::unavailable;
    }
  }

  PostOffice post_office_;
  SubmissionRecords records_;
  mail::Log log_;
};

}  // namespace

std::unique_ptr<Delivery> make_delivery(const Settings& settings, mail::Log log) {
  return std::make_unique<MailDelivery>(settings, log);
}

}  // namespace formmail
