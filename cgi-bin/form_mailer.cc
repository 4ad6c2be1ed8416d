#include "cgi-bin/form_mailer.h"

#include "cgi-bin/form_request.h"
#include "cgi-bin/http/request_body.h"
#include "cgi-bin/http/request_target.h"
#include "mail/config.h"

namespace formmail {

namespace {

/// Where a request belongs.
struct Tenant {
  std::shared_ptr<const Site> site;
  bool on_shared_host = false;
};

/// The Host's site; on a shared-SSL host the one that the first segment of the path names.
Tenant find_tenant(const Settings& settings, SiteDirectory& sites, const RequestTarget& target) {
  const std::vector<std::string>& shared = settings.shared_ssl_hosts;
  if (std::find(shared.begin(), shared.end(), target.host) == shared.end()) {
    return {sites.by_host(target.host), false};
  }
  for (const std::string& segment : target.first_segments) {
    if (std::shared_ptr<const Site> site = sites.by_name(segment)) return {site, true};
  }
  return {nullptr, true};
}

}  // namespace

FormMailer::FormMailer(const Settings& settings, SiteDirectory& sites, StateStore& state, Delivery& delivery,
                       const mail::Log& log)
    : settings_(settings), sites_(sites), state_(state), delivery_(delivery), log_(log), uploads_(settings) {}

Response FormMailer::respond(const Environment& environment, BodySource& body) {
  const RequestTarget target = request_target(environment);
  PagePlace place;
  place.language = language_of(environment.get("HTTP_ACCEPT_LANGUAGE"));
  place.action = target.path;
  place.authority = target.authority;
  const auto refuse = [&](int status, const char* key) {
    log_.warning("refused", {{"status", status},
                             {"reason", key},
                             {"host", target.host},
                             {"client", environment.get("REMOTE_ADDR")}});
    place.css_url.clear();
    const PageTemplates templates({settings_.page_templates}, log_);
    const PageWriter page(templates, place);
    const std::string megabytes = std::to_string(settings_.max_request_bytes / 1048576);
    Response response = page.error(status, page.messages().text(key, {{"megabytes", megabytes}}));
    if (status == 405) response.headers.emplace_back("Allow", "POST");
    if (status == 503) response.headers.emplace_back("Retry-After", "60");
    return response;
  };
  try {
    if (environment.get("REQUEST_METHOD") != "POST") return refuse(405, "method");
    const Tenant tenant = find_tenant(settings_, sites_, target);
    if (!tenant.site) return refuse(404, "no_site");
    const std::string bytes = read_body(environment, body, settings_.max_request_bytes);
    const FormDataLimits limits{static_cast<std::size_t>(settings_.max_fields),
                                static_cast<std::size_t>(settings_.max_files)};
    FormData data = parse_form_data(environment.get("CONTENT_TYPE"), bytes, limits);
    const Services services{settings_, sites_, state_, delivery_, uploads_, log_};
    FormRequest request(services, environment, tenant.site, tenant.on_shared_host, place);
    return request.answer(std::move(data));
  } catch (const Refusal& refusal) {
    return refuse(refusal.status, refusal.message);
  } catch (const FormDataError& error) {
    return refuse(error.status, error.status == 413 ? "too_many" : "bad_request");
  } catch (const mail::ConfigError& error) {
    log_.error("site-broken", {{"error", error.what()}});
    return refuse(503, "broken_site");
  } catch (const std::exception& error) {
    log_.error("failed", {{"error", error.what()}});
    return refuse(503, "unavailable");
  }
}

}  // namespace formmail
