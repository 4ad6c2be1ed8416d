#include "cgi-bin/guard/cors.h"

#include "cgi-bin/guard/same_site.h"

namespace formmail {

void allow_own_origin(Response& response, const Environment& environment, const UrlScope& scope) {
  const std::string_view origin = environment.get("HTTP_ORIGIN");
  response.headers.emplace_back("Vary", "Origin");
  if (!is_own_origin(origin, scope)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
}

bool is_preflight(const Environment& environment) {
  return environment.get("REQUEST_METHOD") == "OPTIONS" && !environment.get("HTTP_ORIGIN").empty() &&
         !environment.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD").empty();
}

Response preflight(const Environment& environment, const UrlScope& scope) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.status = is_own_origin(environment.get("HTTP_ORIGIN"), scope) ? 204 : 403;
  allow_own_origin(response, environment, scope);
  if (response.status != 204) return response;
  response.headers.emplace_back("Access-Control-Allow-Methods", "POST");
  response.headers.emplace_back("Access-Control-Allow-Headers", "Accept, Content-Type");
  response.headers.emplace_back("Access-Control-Max-Age", "3600");
  return response;
}

}  // namespace formmail
