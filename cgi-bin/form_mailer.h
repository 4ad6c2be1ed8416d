#pragma once

#include "cgi-bin/http/body_source.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"
#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/monitor/metrics.h"
#include "cgi-bin/page/page_writer.h"
#include "cgi-bin/seal/secret.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/site_directory.h"
#include "cgi-bin/state/state_store.h"
#include "cgi-bin/uploads/waiting_uploads.h"
#include "mail/log.h"

namespace formmail {

/// Answers the requests to a form's action. Holds nothing of a request: one object serves many threads.
///
///     read -> site and profile -> decode -> checks -> confirmation page | form again | mail -> completion
///     page
class FormMailer {
 public:
  /// All must outlive it.
  FormMailer(const Settings& settings, SiteDirectory& sites, StateStore& state, Delivery& delivery,
             Metrics& metrics, const mail::Log& log);

  /// Never throws: what goes wrong is an answer and a line in the log.
  Response respond(const Environment& environment, BodySource& body);

 private:
  Response answer(const Environment& environment, BodySource& body);
  void note_refusal(const Environment& environment, const PagePlace& place, int status, const char* reason);
  Response refuse(const Environment& environment, const PagePlace& place, int status, const char* reason);

  const Settings& settings_;
  SiteDirectory& sites_;
  StateStore& state_;
  Delivery& delivery_;
  Metrics& metrics_;
  const mail::Log& log_;
  WaitingUploads uploads_;
};

}  // namespace formmail
