#pragma once

#include "cgi-bin/form/site_url.h"
#include "cgi-bin/http/environment.h"

namespace formmail {

/// Whether a browser says that the form stands on a page of another site: by Origin, else by Referer, else by
/// Sec-Fetch-Site. Old browsers and scripts say nothing, and pass. Another customer's page on the shared-SSL
/// host has the same Origin: its Referer tells.
bool is_cross_site(const Environment& environment, const UrlScope& scope);

/// Whether `origin` is http(s) on one of the site's hosts or of the shared-SSL hosts.
bool is_own_origin(std::string_view origin, const UrlScope& scope);

}  // namespace formmail
