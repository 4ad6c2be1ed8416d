#include "cgi-bin/form_mailer.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "cgi-bin/form_request.h"
#include "cgi-bin/guard/client_address.h"
#include "cgi-bin/guard/cors.h"
#include "cgi-bin/http/request_body.h"
#include "cgi-bin/http/request_target.h"
#include "cgi-bin/page/json_writer.h"
#include "cgi-bin/page/negotiation.h"
#include "cgi-bin/site/host_name.h"
#include "mail/config.h"

namespace formmail {

namespace {

/// Where a request belongs.
struct Tenant {
  std::shared_ptr<const Site> site;
  bool on_shared_host = false;
};

bool is_shared(const Settings& settings, const RequestTarget& target) {
  const std::vector<std::string>& shared = settings.shared_ssl_hosts;
  return std::find(shared.begin(), shared.end(), target.host) != shared.end();
}

/// The Host's site; on a shared-SSL host the one that the first segment of the path names.
Tenant find_tenant(const Settings& settings, SiteDirectory& sites, const RequestTarget& target) {
  if (!is_shared(settings, target)) return {sites.by_host(target.host), false};
  for (const std::string& segment : target.first_segments) {
    if (std::shared_ptr<const Site> site = sites.by_name(segment)) return {site, true};
  }
  return {nullptr, true};
}

}  // namespace

FormMailer::FormMailer(const Settings& settings, SiteDirectory& sites, StateStore& state, Delivery& delivery,
                       Metrics& metrics, const mail::Log& log)
    : settings_(settings),
      sites_(sites),
      state_(state),
      delivery_(delivery),
      metrics_(metrics),
      log_(log),
      uploads_(settings) {}

Response FormMailer::respond(const Environment& environment, BodySource& body) {
  const auto begin = std::chrono::steady_clock::now();
  Response response = answer(environment, body);
  metrics_.request(response.status, std::chrono::steady_clock::now() - begin);
  return response;
}

void FormMailer::note_refusal(const Environment& environment, const PagePlace& place, int status,
                              const char* reason) {
  metrics_.refusal(reason);
  const auto fields = {mail::LogField("host", host_name(place.authority)), mail::LogField("status", status),
                       mail::LogField("reason", reason),
                       mail::LogField("client", client_address(environment, settings_.trusted_proxies))};
  // What a visitor did is theirs; what we could not do is somebody's work.
  if (status < 500) log_.info("not-taken", fields);
  if (status >= 500) log_.warning("not-taken", fields);
}

Response FormMailer::refuse(const Environment& environment, const PagePlace& place, int status,
                            const char* reason) {
  note_refusal(environment, place, status, reason);
  // Not the page's own style sheet: what it names may be the trouble.
  PagePlace plain = place;
  plain.css_url.clear();
  const PageTemplates templates({settings_.page_templates}, log_);
  const Messages& messages = templates.messages(plain.language);
  const std::string megabytes = std::to_string(settings_.max_request_bytes / 1048576);
  const std::string message = messages.text(reason, {{"megabytes", megabytes}});
  Response response = wants_json(environment.get("HTTP_ACCEPT"))
                          ? JsonWriter(messages).error(status, reason, message, "")
                          : PageWriter(templates, plain).error(status, reason, message, "");
  if (status == 405) response.headers.emplace_back("Allow", "POST");
  if (status == 503) response.headers.emplace_back("Retry-After", "60");
  return response;
}

Response FormMailer::answer(const Environment& environment, BodySource& body) {
  const RequestTarget target = request_target(environment);
  PagePlace place;
  place.language = language_of(environment.get("HTTP_ACCEPT_LANGUAGE"));
  place.action = target.path;
  place.authority = target.authority;
  const Services services{settings_, sites_, state_, delivery_, uploads_, metrics_, log_};
  std::optional<FormRequest> request;
  Response response;
  try {
    const std::string_view method = environment.get("REQUEST_METHOD");
    const bool asks_first = is_preflight(environment);
    if (method != "POST" && !asks_first) {
      // Who follows an old link, or a browser's list of pages, to this address finds the way to the site.
      if (!is_shared(settings_, target)) place.return_url = "/";
      return refuse(environment, place, 405, "method");
    }
    const Tenant tenant = find_tenant(settings_, sites_, target);
    if (!tenant.site) return refuse(environment, place, 404, "no_site");
    request.emplace(services, environment, tenant.site, tenant.on_shared_host, place);
    if (asks_first) {
      response = preflight(environment, request->scope());
      if (response.status == 403) note_refusal(environment, place, 403, "cross_site");
      return response;
    }
    const std::string bytes = read_body(environment, body, settings_.max_request_bytes);
    const FormDataLimits limits{static_cast<std::size_t>(settings_.max_fields),
                                static_cast<std::size_t>(settings_.max_files)};
    response = request->answer(parse_form_data(environment.get("CONTENT_TYPE"), bytes, limits));
  } catch (const Refusal& refusal) {
    response = refuse(environment, place, refusal.status, refusal.message);
  } catch (const FormDataError& error) {
    response = refuse(environment, place, error.status, error.status == 413 ? "too_many" : "bad_request");
  } catch (const mail::ConfigError& error) {
    log_.error("site-broken", {{"error", error.what()}});
    response = refuse(environment, place, 503, "broken_site");
  } catch (const std::exception& error) {
    log_.error("failed", {{"error", error.what()}});
    response = refuse(environment, place, 503, "unavailable");
  }
  if (request && !environment.get("HTTP_ORIGIN").empty()) {
    allow_own_origin(response, environment, request->scope());
  }
  return response;
}

}  // namespace formmail
