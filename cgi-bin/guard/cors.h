#pragma once

#include "cgi-bin/form/site_url.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"

namespace formmail {

/// Lets scripts on the site's own origins, and on no other, read the answer (Fetch 3.2).
void allow_own_origin(Response& response, const Environment& environment, const UrlScope& scope);

/// Whether a browser asks what a script of a page may send (Fetch 4.8), not just any OPTIONS.
bool is_preflight(const Environment& environment);

/// The answer to a preflight: 204 for the site's own origins, 403 for others.
Response preflight(const Environment& environment, const UrlScope& scope);

}  // namespace formmail
