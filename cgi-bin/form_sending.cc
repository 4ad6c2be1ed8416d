#include <algorithm>
#include <span>
#include <thread>

#include "cgi-bin/form_request.h"
#include "cgi-bin/guard/challenge.h"
#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/guard/repeated_post.h"
#include "cgi-bin/http/request_body.h"
#include "cgi-bin/reference_number.h"

// The second half of a FormRequest: from values that passed every check to the mail, once.

namespace formmail {

namespace {

using Clock = std::chrono::system_clock;

constexpr std::chrono::hours kRememberNumbers{24 * 7};

/// Lets go of a one-time number that was claimed, unless the submission went out.
class ClaimedNumber {
 public:
  ClaimedNumber(StateStore& state, std::string number) : state_(state), number_(std::move(number)) {}
  ~ClaimedNumber() {
    try {
      if (!finished_) state_.release(number_);
    } catch (const StateError&) {
      // The claim ends with this process.
    }
  }
  ClaimedNumber(const ClaimedNumber&) = delete;
  ClaimedNumber& operator=(const ClaimedNumber&) = delete;
  void finish() {
    finished_ = true;
    state_.finish(number_);
  }

 private:
  StateStore& state_;
  std::string number_;
  bool finished_ = false;
};

/// Takes back what a submission counted towards its limits, unless it was mailed: who is told to try again
/// must not be refused for it.
class CountedSubmission {
 public:
  CountedSubmission(StateStore& state, std::vector<StateStore::Limit> limits, Clock::time_point time)
      : state_(state), limits_(std::move(limits)), time_(time) {}
  ~CountedSubmission() {
    try {
      if (!limits_.empty()) state_.take_back(limits_, time_);
    } catch (const StateError&) {
      // It counts for its hour.
    }
  }
  CountedSubmission(const CountedSubmission&) = delete;
  CountedSubmission& operator=(const CountedSubmission&) = delete;
  void keep() { limits_.clear(); }

 private:
  StateStore& state_;
  std::vector<StateStore::Limit> limits_;
  Clock::time_point time_;
};

}  // namespace

Response FormRequest::confirm() {
  if (!has_room(false)) return again(429, "too_often");
  if (!keep_files()) return again(503, "unavailable");
  const bool visit = pass_number_.empty() && is_page_visit(environment_);
  return PageWriter(templates_, place_)
      .confirm(form_, sealed_form(visit ? post_numbers().at(now_) : random_bytes(kOneTimeNumberSize)));
}

/// The form as it is, ready to be sent once: under `number`, or under that of a challenge that was passed.
std::string FormRequest::sealed_form(const std::string& number) const {
  SealedSubmission sealed = to_be_sealed(pass_number_.empty() ? number : pass_number_);
  sealed.fields = form_.page_fields();
  sealed.fields.insert(sealed.fields.end(), form_.entries.begin(), form_.entries.end());
  sealed.files = waiting_files();
  return seal(sealed, secret());
}

/// Beyond this point the submission is genuine: its values were checked before they were sealed.
Response FormRequest::send_sealed(const SealedSubmission& sealed) {
  if (const std::string number = repeated_number(sealed); !number.empty()) return complete_repeated(number);
  const auto claim = services_.state.claim(sealed.number, now_, sealed.expires_at + kRememberNumbers);
  return send_once(claim, sealed.number, [&] {
    if (const auto gone = lost_files(sealed.files); !gone.empty()) return again(422, "input_errors", gone);
    const std::vector<FieldError> errors = check_fields(form_, messages());
    if (!errors.empty()) return again(422, "input_errors", errors);
    Response response = deliver(sealed.number);
    if (response.status != 200) return response;
    for (const WaitingFile& file : sealed.files) services_.uploads.remove(file.key);
    return response;
  });
}

/// The number under which the same was mailed from another confirmation page; "" none. Where this page has a
/// number of its own, somebody means it.
std::string FormRequest::repeated_number(const SealedSubmission& sealed) const {
  if (!is_page_visit(environment_)) return "";
  const PostNumbers numbers = post_numbers();
  if (sealed.number != numbers.at(sealed.sealed_at)) return "";
  constexpr int kPeriods = 4;
  for (int ago = 0; ago < kPeriods; ++ago) {
    const std::string number = numbers.at(sealed.sealed_at - ago * kSamePost);
    if (services_.state.is_finished(number)) return number;
  }
  return "";
}

PostNumbers FormRequest::post_numbers() const {
  return {site_->name, form_, client_group(client_), environment_.get("HTTP_USER_AGENT")};
}

/// The number under which the same post was mailed before; "" none.
std::string FormRequest::repeated_number() const {
  // A script has no page to reload.
  if (form_.confirm || json_ || !is_page_visit(environment_)) return "";
  try {
    const PostNumbers numbers = post_numbers();
    for (const auto& period : {now_ - kSamePost, now_}) {
      if (std::string number = numbers.at(period); services_.state.is_finished(number)) return number;
    }
  } catch (const StateError& error) {
    services_.log.error("state", {{"site", site_->name}, {"error", error.what()}});
  }
  return "";
}

/// A post without a confirmation page, that was not mailed before.
Response FormRequest::send_post() {
  if (json_ || !is_page_visit(environment_)) return deliver(random_bytes(kOneTimeNumberSize));
  const std::string number = post_numbers().at(now_);
  StateStore::Claim claim{};
  try {
    claim = services_.state.claim(number, now_, now_ + 2 * kSamePost);
  } catch (const StateError& error) {
    // Rather mailed twice than not at all.
    services_.log.error("state", {{"site", site_->name}, {"error", error.what()}});
    return deliver(random_bytes(kOneTimeNumberSize));
  }
  return send_once(claim, number, [&] { return deliver(number); });
}

/// Who passed a challenge before a page of ours passes with it, for as long as used numbers are remembered.
void FormRequest::take_pass(const SealedSubmission& sealed) {
  const bool remembered = now_ < sealed.expires_at + kRememberNumbers / 2;
  if (profile().challenge && sealed.profile == form_.profile && remembered) pass_number_ = sealed.number;
}

/// Throws Refusal unless a person sends this, as far as the profile wants that known. Who has passed gets a
/// one-time number, which goes on with the form again and the confirmation page, where no challenge can be
/// shown: it is good for one mail.
void FormRequest::pass_challenge() {
  if (!profile().challenge || !services_.settings.asks_challenges) return;
  if (!pass_number_.empty()) {
    if (services_.state.is_finished(pass_number_)) throw Refusal{403, "challenge"};
    return;
  }
  const Settings& settings = services_.settings;
  const auto token = form_.values(profile().challenge->field);
  std::string why;
  const ChallengeResult result =
      verify_challenge(*profile().challenge, token.empty() ? "" : token.front(), client_,
                       {settings.webhook_allowed_networks, settings.webhook_certificates, {}}, why);
  const auto fields = {mail::LogField("site", site_->name), mail::LogField("profile", form_.profile),
                       mail::LogField("result", result == ChallengeResult::failed ? "failed" : "unverified"),
                       mail::LogField("reason", why), mail::LogField("client", client_)};
  if (result == ChallengeResult::failed) services_.log.info("challenge", fields);
  if (result == ChallengeResult::unverified) services_.log.warning("challenge", fields);
  if (result == ChallengeResult::failed) throw Refusal{403, "challenge"};
  if (result == ChallengeResult::unverified && profile().challenge->refuse_unverified) {
    throw Refusal{503, "unavailable"};
  }
  pass_number_ = random_bytes(kOneTimeNumberSize);
}

/// What `send` answers, if the number is ours. It is used up by a 200.
Response FormRequest::send_once(StateStore::Claim claim, const std::string& number,
                                const std::function<Response()>& send) {
  switch (claim) {
    case StateStore::Claim::finished:
      return complete(number);
    case StateStore::Claim::taken:
      return await_other_sender(number);
    case StateStore::Claim::mine:
      break;
  }
  ClaimedNumber claimed(services_.state, number);
  Response response = send();
  if (response.status != 200) return response;
  try {
    claimed.finish();
  } catch (const StateError& error) {
    // The mail is out: that is what the visitor has to know.
    services_.log.error("state", {{"site", site_->name}, {"error", error.what()}});
  }
  return response;
}

/// The same was sent twice at once: the second answer is the first one's.
Response FormRequest::await_other_sender(const std::string& number) {
  constexpr std::chrono::milliseconds kStep{50};
  constexpr int kSteps = 400;
  for (int step = 0; step < kSteps; ++step) {
    std::this_thread::sleep_for(kStep);
    if (services_.state.is_finished(number)) return complete(number);
  }
  throw Refusal{503, "being_sent"};
}

/// An error for each field of the form whose upload no longer waits. `waiting` may be forged.
std::vector<FieldError> FormRequest::lost_files(const std::vector<WaitingFile>& waiting) const {
  std::vector<FieldError> gone;
  const auto most = static_cast<std::size_t>(services_.settings.max_files);
  for (const WaitingFile& file : std::span(waiting).first(std::min(waiting.size(), most))) {
    const auto label = std::ranges::find(form_.labels, file.field, &Label::field);
    const bool told = std::ranges::find(gone, file.field, &FieldError::field) != gone.end();
    if (label == form_.labels.end() || told || !form_.files_of(file.field).empty()) continue;
    gone.push_back({file.field, messages().text("file_gone", {{"label", label->text}})});
  }
  return gone;
}

Response FormRequest::deliver(const std::string& number) {
  if (pass_number_.empty() || pass_number_ == number) return mail_it(number);
  const auto claim = services_.state.claim(pass_number_, now_, now_ + kRememberNumbers);
  if (claim != StateStore::Claim::mine) throw Refusal{403, "challenge"};
  return send_once(claim, pass_number_, [&] { return mail_it(number); });
}

Response FormRequest::mail_it(const std::string& number) {
  if (!has_room(true)) return again(429, "too_often");
  using std::chrono::steady_clock;
  CountedSubmission counted(services_.state, limits(), now_);
  const std::string reference = reference_number(number);
  const auto begin = steady_clock::now();
  const Outcome outcome = services_.delivery.deliver(*site_, profile(), submission(number));
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
  constexpr std::string_view kNames[] = {"sent", "queued", "refused", "unavailable"};
  if (outcome != Outcome::unavailable) counted.keep();
  const std::string_view name = kNames[static_cast<std::size_t>(outcome)];
  services_.metrics.submission(name);
  services_.log.info("submission", {{"site", site_->name},
                                    {"profile", form_.profile},
                                    {"id", reference},
                                    {"outcome", name},
                                    {"milliseconds", taken.count()},
                                    {"client", client_}});
  switch (outcome) {
    case Outcome::sent:
    case Outcome::queued:
      return complete(number);
    case Outcome::refused:
      // No Retry-After: sent again it would be refused again.
      return answers()->error(503, "refused", messages().text("refused"), reference);
    case Outcome::unavailable:
      break;
  }
  return again(503, "unavailable");
}

Response FormRequest::complete(const std::string& number) {
  return answers()->complete(form_, reference_number(number));
}

/// The completion page of a post that was mailed before, with a button for whoever meant a second one.
Response FormRequest::complete_repeated(const std::string& number) {
  services_.log.info("repeated", {{"site", site_->name},
                                  {"profile", form_.profile},
                                  {"id", reference_number(number)},
                                  {"client", client_}});
  // One more without a challenge would be one too many.
  if (profile().challenge) return complete(number);
  // Without room for its files the button leads to the form again, which asks for them.
  keep_files();
  return PageWriter(templates_, place_)
      .complete_repeated(form_, reference_number(number), sealed_form(random_bytes(kOneTimeNumberSize)));
}

Submission FormRequest::submission(const std::string& number) const {
  Submission submission;
  submission.id = reference_number(number);
  submission.language = place_.language;
  submission.page_url = form_.page_url;
  submission.client_address = client_;
  submission.time = now_;
  for (const Label& label : form_.labels) {
    const std::vector<const FormFile*> files = form_.files_of(label.field);
    for (const FormFile* file : files) {
      submission.files.push_back(
          {label.field, label.text, file->name, file->media_type, std::string(file->bytes)});
    }
    if (!files.empty() || label.file || form_.is_repetition(label)) continue;
    submission.fields.push_back({label.field, label.text, form_.joined_value(label.field, place_.language)});
  }
  return submission;
}

}  // namespace formmail
