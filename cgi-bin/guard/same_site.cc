#include "cgi-bin/guard/same_site.h"

#include <algorithm>
#include <string>

#include "cgi-bin/site/host_name.h"

namespace formmail {

namespace {

std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  return host_name(url.substr(0, url.find_first_of("/?#")));
}

bool contains(const std::vector<std::string>& hosts, const std::string& host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

bool is_own_host(const std::string& host, const UrlScope& scope) {
  return !host.empty() && (contains(scope.site_hosts, host) || contains(scope.shared_hosts, host));
}

/// A Referer on the shared-SSL host with another site's prefix. A browser may send no path: then it says
/// nothing.
bool is_other_customers_page(std::string_view referer, const UrlScope& scope) {
  if (!contains(scope.shared_hosts, host_of(referer))) return false;
  referer.remove_prefix(referer.find("://") + 3);
  const std::size_t slash = referer.find('/');
  if (slash == std::string_view::npos) return false;
  referer.remove_prefix(slash + 1);
  const std::string_view segment = referer.substr(0, referer.find_first_of("/?#"));
  return segment != scope.site_name && scope.is_site_name(segment);
}

}  // namespace

bool is_own_origin(std::string_view origin, const UrlScope& scope) {
  const bool web = origin.starts_with("http://") || origin.starts_with("https://");
  return web && is_own_host(host_of(origin), scope);
}

bool is_cross_site(const Environment& environment, const UrlScope& scope) {
  const std::string_view origin = environment.get("HTTP_ORIGIN");
  const std::string_view referer = environment.get("HTTP_REFERER");
  const std::string_view fetch_site = environment.get("HTTP_SEC_FETCH_SITE");
  if (is_other_customers_page(referer, scope)) return true;
  if (!origin.empty() && origin != "null") return !is_own_origin(origin, scope);
  // "null" comes from a sandboxed frame as from a page that hides its address.
  if (origin == "null" && fetch_site != "same-origin") return true;
  if (!referer.empty()) return !is_own_host(host_of(referer), scope);
  return fetch_site == "cross-site" || fetch_site == "same-site";
}

}  // namespace formmail
