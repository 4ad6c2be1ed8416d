#include "cgi-bin/mailing/make_delivery.h"

#include <stdexcept>

#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/mailing/auto_reply.h"
#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_mail.h"
#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/webhook/webhook.h"

namespace formmail {

namespace {

class MailDelivery : public Delivery {
 public:
  MailDelivery(const Settings& settings, StateStore& state, const mail::Log& log)
      : post_office_(settings, log),
        records_(settings.outbox_directory, log),
        templates_(settings.mail_templates),
        state_(state),
        log_(log),
        webhooks_(settings, log_) {}

  Outcome deliver(const Site& site, const Profile& profile, const Submission& submission) override {
    const std::int64_t serial = next_serial(site, profile, submission);
    record(site, profile, submission, serial);
    const Outcome outcome = send(site, profile, submission, serial);
    if (profile.keep_days > 0) record_outcome(submission, outcome);
    if (outcome == Outcome::unavailable && serial > 0) give_back(site, profile, submission, serial);
    if (outcome == Outcome::sent || outcome == Outcome::queued) {
      reply(site, profile, submission);
      webhooks_.keep(site, profile, submission);
    }
    return outcome;
  }

 private:
  // What can't be counted or recorded must not cost a mail.

  /// 0 if there is none to be had.
  std::int64_t next_serial(const Site& site, const Profile& profile, const Submission& submission) {
    try {
      return records_.next_serial(site, profile);
    } catch (const std::exception& error) {
      log_.error("record", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
      return 0;
    }
  }

  void record(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial) {
    try {
      records_.add(site, profile, submission, serial);
    } catch (const std::exception& error) {
      log_.error("record", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
    }
  }

  /// The owner sees no gap that looks like a lost mail.
  void give_back(const Site& site, const Profile& profile, const Submission& submission,
                 std::int64_t serial) {
    try {
      records_.give_back(site, profile, serial);
    } catch (const std::exception& error) {
      log_.error("record", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
    }
  }

  void record_outcome(const Submission& submission, Outcome outcome) {
    try {
      records_.set_outcome(submission.id, outcome);
    } catch (const std::exception& error) {
      log_.error("record", {{"id", submission.id}, {"error", error.what()}});
    }
  }

  Outcome send(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial) {
    try {
      const SubmissionMail mail(site, profile, submission, serial, log_, templates_);
      return post_office_.send({submission.id, site.name, profile.name, mail.outgoing()});
    } catch (const std::invalid_argument& error) {
      log_.error("site", {{"site", site.name}, {"profile", profile.name}, {"error", error.what()}});
      return Outcome::unavailable;
    }
  }

  /// The visitor has been served: whatever goes wrong here is told to the log alone.
  void reply(const Site& site, const Profile& profile, const Submission& submission) {
    const auto to = auto_reply_address(site, profile, submission);
    if (!to) return;
    try {
      if (!may_reply(*profile.autoreply, *to, submission)) {
        log_.warning("autoreply",
                     {{"id", submission.id}, {"site", site.name}, {"refused", "too many a day"}});
        return;
      }
      const ComposedMail mail = compose_auto_reply(site, profile, submission, *to, log_, templates_);
      post_office_.send({submission.id + "-reply", site.name, profile.name, {{mail}}});
    } catch (const std::exception& error) {
      log_.error("autoreply", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
    }
  }

  /// Counts the reply, for its address and for its client, or nothing where one of them has had its share.
  bool may_reply(const AutoReply& reply, const mail::Address& to, const Submission& submission) {
    constexpr std::chrono::hours kDay{24};
    const std::string address = "autoreply-to " + mailbox_of(to);
    const std::string client = "autoreply-for " + client_group(submission.client_address);
    return !state_.count({{address, reply.per_address_per_day}, {client, reply.per_client_per_day}}, kDay,
                         submission.time);
  }

  PostOffice post_office_;
  SubmissionRecords records_;
  std::filesystem::path templates_;
  StateStore& state_;
  mail::Log log_;
  Webhooks webhooks_;
};

}  // namespace

std::unique_ptr<Delivery> make_delivery(const Settings& settings, StateStore& state, const mail::Log& log) {
  return std::make_unique<MailDelivery>(settings, state, log);
}

}  // namespace formmail
