#include "cgi-bin/form_request.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/form_charset.h"
#include "cgi-bin/form/upload_type.h"
#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/guard/refused_text.h"
#include "cgi-bin/guard/same_site.h"
#include "cgi-bin/html/offered_controls.h"
#include "cgi-bin/http/request_body.h"
#include "cgi-bin/page/json_writer.h"
#include "cgi-bin/page/negotiation.h"
#include "cgi-bin/reference_number.h"
#include "cgi-bin/site/host_name.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

using Clock = std::chrono::system_clock;

constexpr std::chrono::seconds kHour{3600};
constexpr std::size_t kLongestPageUrl = 2000;

const FormEntry* find(const FormData& data, std::string_view name) {
  const auto found =
      std::find_if(data.begin(), data.end(), [&](const FormEntry& e) { return e.name == name; });
  return found == data.end() ? nullptr : &*found;
}

std::string value_of(const FormData& data, std::string_view name) {
  const FormEntry* entry = find(data, name);
  return entry == nullptr ? "" : entry->value;
}

std::set<std::string> values_of(const FormData& data, std::string_view name) {
  std::set<std::string> values;
  for (const FormEntry& entry : data) {
    if (entry.name == name) values.insert(entry.value);
  }
  return values;
}

/// Takes out what the visitor no longer wants to send; `numbers` as the form again gave them, from 1. They
/// wait on, for a visitor who goes back, until they are swept.
void drop_files(std::vector<WaitingFile>& files, const std::set<std::string>& numbers) {
  for (std::size_t number = files.size(); number > 0; --number) {
    if (numbers.contains(std::to_string(number)))
      files.erase(files.begin() + static_cast<std::ptrdiff_t>(number) - 1);
  }
}

/// What a page of ours carries for its next request.
bool is_packed(std::string_view name) { return name == "_form_" || name == "_kept_" || name == "_sealed_"; }

bool is_utf8(const FormData& data) {
  return std::all_of(data.begin(), data.end(),
                     [](const FormEntry& e) { return mail::is_utf8(e.name) && mail::is_utf8(e.value); });
}

}  // namespace

FormRequest::FormRequest(const Services& services, const Environment& environment,
                         std::shared_ptr<const Site> site, bool on_shared_host, PagePlace& place)
    : services_(services),
      environment_(environment),
      site_(std::move(site)),
      on_shared_host_(on_shared_host),
      json_(wants_json(environment.get("HTTP_ACCEPT"))),
      place_(place),
      client_(client_address(environment, services.settings.trusted_proxies)),
      now_(Clock::now()),
      templates_({site_->page_templates, services.settings.page_templates}, services.log) {}

Response FormRequest::answer(FormData data) {
  const std::string language = value_of(data, "_lang_");
  if (language == "ja" || language == "en") place_.language = language;
  // As it came: decoding drops controls, and "Contact" with a NUL behind it names no profile.
  const std::string profile = value_of(data, "_profile_");
  if (!profile.empty() && !is_profile_name(profile)) throw Refusal{404, "unknown_profile"};
  const auto known = site_->profiles.find(profile);
  const std::string charset = known == site_->profiles.end() ? "" : known->second.form_charset;
  if (!decode_form(data, environment_.get("CONTENT_TYPE"), charset)) throw Refusal{422, "charset"};
  return find(data, "_sealed_") != nullptr ? answer_sealed(data) : answer_form(std::move(data));
}

Response FormRequest::answer_form(FormData data) {
  const std::string kept = value_of(data, "_kept_");
  const std::set<std::string> dropped = values_of(data, "_drop_");
  // What one of our own pages says of its form; anybody could say it in a form of their own.
  FormData page_fields = unpack_fields(value_of(data, "_form_"));
  if (is_utf8(page_fields)) std::move(page_fields.begin(), page_fields.end(), std::back_inserter(data));
  limit_amount(data);
  use(Form::read(std::move(data)));
  if (form_.profile.empty()) throw Refusal{400, "no_profile"};
  if (!has_profile()) throw Refusal{404, "unknown_profile"};
  if (form_.labels.empty()) throw Refusal{400, "no_labels"};
  std::vector<FieldError> errors;
  if (!kept.empty()) {
    OpenedSeal opened = open_seal(kept, site_->name, secret(), now_);
    drop_files(opened.submission.files, dropped);
    const bool genuine = opened.state == SealState::intact || opened.state == SealState::expired;
    if (genuine) load_files(opened.submission.files);
    if (genuine) take_pass(opened.submission);
    errors = lost_files(opened.submission.files);
  }
  if (is_cross_site(environment_, scope(""))) return again(403, "cross_site");
  if (form_.is_honeypot_filled()) {
    // With a number like every other: the page tells a robot nothing, and the log who a person was that lost
    // a mail.
    const std::string number = random_bytes(kOneTimeNumberSize);
    services_.metrics.refusal("honeypot");
    services_.log.info("honeypot", {{"site", site_->name},
                                    {"profile", form_.profile},
                                    {"id", reference_number(number)},
                                    {"client", client_}});
    return complete(number);
  }
  if (const std::string number = repeated_number(); !number.empty()) return complete_repeated(number);
  pass_challenge();
  for (FieldError& error : check_fields(form_, messages())) {
    // That an optional file is missing breaks no rule, and its visitor believes that it was attached.
    if (std::ranges::find(errors, error.field, &FieldError::field) == errors.end())
      errors.push_back(std::move(error));
  }
  if (!errors.empty()) return again(422, "input_errors", errors);
  if (is_refused_text()) return again(422, "refused_words");
  // A script has no use for a page: it asks its user itself.
  return form_.confirm && !json_ ? confirm() : send_post();
}

/// Text is what a request costs: it goes through charsets, checks, pages and mails. Counted where it is
/// unpacked and in UTF-8, so that what passed on the first page passes on the next, whose own fields hold it
/// packed.
void FormRequest::limit_amount(const FormData& data) const {
  constexpr std::int64_t kOwnFields = 20;
  constexpr std::int64_t kOwnBytes = 16384;
  std::int64_t fields = 0;
  std::int64_t bytes = 0;
  for (const FormEntry& entry : data) {
    if (entry.file_name || is_packed(entry.name)) continue;
    ++fields;
    bytes += static_cast<std::int64_t>(entry.name.size() + entry.value.size());
  }
  const Settings& settings = services_.settings;
  if (fields > settings.max_fields + kOwnFields) throw Refusal{413, "too_many"};
  if (bytes > settings.max_text_bytes + kOwnBytes) throw Refusal{413, "too_much_text"};
}

Response FormRequest::answer_sealed(const FormData& data) {
  const std::string sealed = value_of(data, "_sealed_");
  const OpenedSeal opened = open_seal(sealed, site_->name, secret(), now_);
  const SealedSubmission& submission = opened.submission;
  if (opened.state == SealState::unreadable || !is_utf8(submission.fields)) throw Refusal{403, "tampered"};
  limit_amount(submission.fields);
  use(Form::read(submission.fields));
  if (!has_profile() || form_.labels.empty()) throw Refusal{403, "tampered"};
  const std::string posted_profile = value_of(data, "_profile_");
  const bool foreign = submission.profile != form_.profile || posted_profile != form_.profile;
  if (opened.state == SealState::tampered || foreign) {
    return again(403, "tampered", lost_files(submission.files));
  }
  load_files(submission.files);
  if (is_cross_site(environment_, scope(""))) return again(403, "cross_site", lost_files(submission.files));
  take_pass(submission);
  if (find(data, "_edit_") != nullptr) return again(200, "input_edit", lost_files(submission.files));
  if (opened.state == SealState::expired) {
    return services_.state.is_finished(submission.number)
               ? complete(submission.number)
               : again(410, "expired", lost_files(submission.files));
  }
  if (is_too_fast(submission)) return again(429, "too_fast");
  return send_sealed(submission);
}

/// A seal from the future, made by another machine or before the clock was set back, tells no time.
bool FormRequest::is_too_fast(const SealedSubmission& sealed) const {
  const auto passed = now_ - sealed.sealed_at;
  return passed >= passed.zero() && passed < std::chrono::seconds(services_.settings.confirm_minimum_seconds);
}

SealedSubmission FormRequest::to_be_sealed(std::string number) const {
  SealedSubmission sealed;
  sealed.site = site_->name;
  sealed.profile = form_.profile;
  sealed.number = std::move(number);
  sealed.sealed_at = now_;
  sealed.expires_at = now_ + std::chrono::minutes(services_.settings.confirm_expires_minutes);
  return sealed;
}

Secret FormRequest::secret() const { return site_secret(services_.settings.outbox_directory); }

/// The form again: no entry is lost, files that came with the request wait on the server if there is room.
Response FormRequest::again(int status, std::string_view reason, std::vector<FieldError> errors) {
  if (status != 200) count_refusal(status, reason);
  std::erase_if(form_.files, [&](const FormFile& file) {
    return std::any_of(errors.begin(), errors.end(),
                       [&](const FieldError& e) { return e.field == file.field; });
  });
  std::vector<KeptFile> kept;
  std::string kept_seal;
  if (!json_ && !keep_files()) tell_unkept_files(errors);
  const bool keeps_files = !json_ && !form_.files.empty();
  if (keeps_files || !pass_number_.empty()) {
    SealedSubmission sealed = to_be_sealed(pass_number_);
    if (keeps_files) sealed.files = waiting_files();
    kept_seal = seal(sealed, secret());
    for (const WaitingFile& file : sealed.files) kept.push_back({file.field, file.name});
  }
  if (!json_) form_.offered = read_offered_controls(*site_, form_, page_path());
  ask_for_choices(errors);
  Response response = answers()->input(status, form_, std::string(reason), errors, kept, kept_seal);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "60");
  return response;
}

/// Radio buttons and files are chosen, not filled in; which fields are is known only once the page was read.
void FormRequest::ask_for_choices(std::vector<FieldError>& errors) const {
  for (FieldError& error : errors) {
    const auto offered = form_.offered.find(error.field);
    if (offered == form_.offered.end()) continue;
    const auto label = std::ranges::find(form_.labels, error.field, &Label::field);
    const auto text = [&](const char* key) { return messages().text(key, {{"label", label->text}}); };
    if (error.text != text("required")) continue;
    if (offered->second.is_choice()) error.text = text("required_choice");
    if (offered->second.kind == OfferedControl::Kind::file) error.text = text("required_file");
  }
}

void FormRequest::count_refusal(int status, std::string_view reason) const {
  services_.metrics.refusal(reason);
  const auto fields = {
      mail::LogField("site", site_->name), mail::LogField("profile", has_profile() ? form_.profile : ""),
      mail::LogField("status", status), mail::LogField("reason", reason), mail::LogField("client", client_)};
  if (status < 500) services_.log.info("not-taken", fields);
  if (status >= 500) services_.log.warning("not-taken", fields);
}

std::unique_ptr<AnswerWriter> FormRequest::answers() const {
  if (json_) return std::make_unique<JsonWriter>(messages());
  return std::make_unique<PageWriter>(templates_, place_);
}

void FormRequest::use(Form form) {
  form.page_url = page_url_of(form);
  form_ = std::move(form);
  if (!form_.language.empty()) place_.language = form_.language;
  form_.language = place_.language;
  place_.css_url = judged_url(form_.css_url, UrlUse::style_sheet, "_css_url_");
  place_.return_url = judged_url(form_.comp_return_url, UrlUse::link, "_comp_return_url_");
}

UrlScope FormRequest::scope(std::string_view page_url) const {
  return {site_->name,
          site_->hosts,
          services_.settings.shared_ssl_hosts,
          on_shared_host_,
          page_url,
          [this](std::string_view segment) { return services_.sites.has_name(segment); }};
}

std::string FormRequest::judged_url(const std::string& given, UrlUse use, const char* field) const {
  if (without_blanks(given).empty()) return "";
  const SiteUrl judged = site_url(given, use, scope(form_.page_url));
  if (judged.url.empty()) {
    services_.log.warning("url-refused", {{"site", site_->name},
                                          {"profile", has_profile() ? form_.profile : ""},
                                          {"field", field},
                                          {"reason", judged.refusal}});
  }
  return judged.url;
}

/// The page that the form stands on: as an earlier page of ours carried it, else the Referer; only if it is
/// on the site.
std::string FormRequest::page_url_of(const Form& form) const {
  const std::string referer(environment_.get("HTTP_REFERER"));
  for (const std::string& url : {form.page_url, referer}) {
    const bool absolute = url.starts_with("http://") || url.starts_with("https://");
    if (!absolute || url.size() > kLongestPageUrl) continue;
    // Normalised, it is plain ASCII: the mail shows it.
    const SiteUrl judged = site_url(url, UrlUse::link, scope(""));
    if (!judged.url.empty()) return judged.url;
  }
  return "";
}

/// The path of the posting page below the site's root; "" unknown.
std::string_view FormRequest::page_path() const {
  std::string_view url = form_.page_url;
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(authority.size());
  url = url.substr(0, url.find_first_of("?#"));
  const std::vector<std::string>& shared = services_.settings.shared_ssl_hosts;
  if (std::ranges::find(shared, host_name(authority)) == shared.end()) return url;
  const std::string prefix = "/" + site_->name;
  return url.starts_with(prefix + "/") ? url.substr(prefix.size()) : std::string_view();
}

void FormRequest::load_files(const std::vector<WaitingFile>& waiting) {
  for (const WaitingFile& file : waiting) {
    if (!form_.files_of(file.field).empty() && form_.files_of(file.field).front()->waiting_key.empty())
      continue;
    std::optional<std::string> bytes = services_.uploads.read(file.key);
    if (!bytes) continue;
    waiting_bytes_.push_back(std::move(*bytes));
    form_.files.push_back(
        {file.field, file.name, media_type_of(waiting_bytes_.back()), waiting_bytes_.back(), file.key});
  }
}

/// False where one of the files can't wait: it has no key then.
bool FormRequest::keep_files() {
  for (FormFile& file : form_.files) {
    if (!file.waiting_key.empty() && services_.uploads.renew(file.waiting_key)) continue;
    file.waiting_key.clear();
    std::string why;
    std::optional<std::string> key = services_.uploads.keep(file.bytes, client_group(client_), why);
    if (!key) {
      services_.log.error("upload", {{"site", site_->name}, {"client", client_}, {"error", why}});
      return false;
    }
    file.waiting_key = std::move(*key);
  }
  return true;
}

/// Takes out the files without a key, with an error for each field of theirs that has no other.
void FormRequest::tell_unkept_files(std::vector<FieldError>& errors) {
  for (const FormFile& file : form_.files) {
    const bool told = std::ranges::find(errors, file.field, &FieldError::field) != errors.end();
    const auto label = std::ranges::find(form_.labels, file.field, &Label::field);
    if (!file.waiting_key.empty() || told || label == form_.labels.end()) continue;
    errors.push_back({file.field, messages().text("file_gone", {{"label", label->text}})});
  }
  std::erase_if(form_.files, [](const FormFile& file) { return file.waiting_key.empty(); });
}

std::vector<WaitingFile> FormRequest::waiting_files() const {
  std::vector<WaitingFile> waiting;
  waiting.reserve(form_.files.size());
  for (const FormFile& file : form_.files) waiting.push_back({file.field, file.name, file.waiting_key});
  return waiting;
}

/// What one more submission counts for.
std::vector<StateStore::Limit> FormRequest::limits() const {
  const Settings& settings = services_.settings;
  std::vector<StateStore::Limit> limits;
  const auto add = [&](std::string key, std::int64_t most) {
    if (most > 0) limits.push_back({std::move(key), most});
  };
  if (!client_.empty()) add("client " + client_group(client_), settings.per_client_per_hour);
  add("profile " + site_->name + " " + form_.profile,
      profile().per_hour > 0 ? profile().per_hour : settings.per_profile_per_hour);
  for (const auto* recipients : {&profile().to, &profile().cc})
    for (const std::string& to : *recipients) add("to " + to, settings.per_recipient_per_hour);
  return limits;
}

/// Whether the limits let one more submission through; `count`: and it is one.
bool FormRequest::has_room(bool count) {
  const std::vector<StateStore::Limit> all = limits();
  if (all.empty()) return true;
  const auto full =
      count ? services_.state.count(all, kHour, now_) : services_.state.reached(all, kHour, now_);
  if (!full) return true;
  services_.log.warning("limit", {{"key", full->key}, {"site", site_->name}, {"client", client_}});
  return false;
}

bool FormRequest::is_refused_text() const { return has_refused_text(form_, site_->words, site_->max_urls); }

}  // namespace formmail
