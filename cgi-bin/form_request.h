#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "cgi-bin/form/form.h"
#include "cgi-bin/form/site_url.h"
#include "cgi-bin/guard/repeated_post.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"
#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/monitor/metrics.h"
#include "cgi-bin/page/page_writer.h"
#include "cgi-bin/seal/seal.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/site_directory.h"
#include "cgi-bin/state/state_store.h"
#include "cgi-bin/uploads/waiting_uploads.h"
#include "mail/log.h"

namespace formmail {

/// What a FormMailer lends to each request.
struct Services {
  const Settings& settings;
  SiteDirectory& sites;
  StateStore& state;
  Delivery& delivery;
  WaitingUploads& uploads;
  Metrics& metrics;
  const mail::Log& log;
};

/// One submission of a known site on its way: from the decoded fields to the page that answers it.
class FormRequest {
 public:
  /// `place` gets the page's language, style sheet and link back as soon as they are known. All but `site`
  /// must outlive the request.
  FormRequest(const Services& services, const Environment& environment, std::shared_ptr<const Site> site,
              bool on_shared_host, PagePlace& place);

  /// The answer to a form's body. Throws Refusal, FormDataError, StateError.
  Response answer(FormData data);
  UrlScope scope() const { return scope(""); }

 private:
  Response answer_form(FormData data);
  void limit_amount(const FormData& data) const;
  Response answer_sealed(const FormData& data);
  Response confirm();
  Response send_sealed(const SealedSubmission& sealed);
  Response send_post();
  PostNumbers post_numbers() const;
  std::string repeated_number() const;
  std::string repeated_number(const SealedSubmission& sealed) const;
  void take_pass(const SealedSubmission& sealed);
  void pass_challenge();
  Response send_once(StateStore::Claim claim, const std::string& number,
                     const std::function<Response()>& send);
  Response await_other_sender(const std::string& number);
  Response deliver(const std::string& number);
  Response mail_it(const std::string& number);
  Response again(int status, std::string_view reason, std::vector<FieldError> errors = {});
  void ask_for_choices(std::vector<FieldError>& errors) const;
  void count_refusal(int status, std::string_view reason) const;
  Response complete(const std::string& number);
  Response complete_repeated(const std::string& number);

  bool is_too_fast(const SealedSubmission& sealed) const;
  SealedSubmission to_be_sealed(std::string number) const;
  std::string sealed_form(const std::string& number) const;
  std::vector<FieldError> lost_files(const std::vector<WaitingFile>& waiting) const;
  Secret secret() const;

  void use(Form form);
  const Profile& profile() const { return site_->profiles.at(form_.profile); }
  bool has_profile() const { return site_->profiles.contains(form_.profile); }
  UrlScope scope(std::string_view page_url) const;
  std::string judged_url(const std::string& given, UrlUse use, const char* field) const;
  std::string page_url_of(const Form& form) const;
  std::string_view page_path() const;
  void load_files(const std::vector<WaitingFile>& waiting);
  bool keep_files();
  void tell_unkept_files(std::vector<FieldError>& errors);
  std::vector<WaitingFile> waiting_files() const;
  std::vector<StateStore::Limit> limits() const;
  bool has_room(bool count);
  bool is_refused_text() const;
  Submission submission(const std::string& number) const;
  std::unique_ptr<AnswerWriter> answers() const;
  const Messages& messages() const { return templates_.messages(place_.language); }

  const Services& services_;
  const Environment& environment_;
  std::shared_ptr<const Site> site_;
  bool on_shared_host_;
  bool json_;
  PagePlace& place_;
  std::string client_;
  std::chrono::system_clock::time_point now_;
  PageTemplates templates_;
  Form form_;
  std::string pass_number_;  ///< one-time number of whoever passed the profile's challenge; "" nobody
  std::list<std::string> waiting_bytes_;  ///< what FormFile::bytes of files from earlier pages look at
};

}  // namespace formmail
