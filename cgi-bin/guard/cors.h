#pragma once

#include "cgi-bin/form/site_url.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"

namespace formmail {

/// Lets scripts on the site's own origins, and on no other, read the answer (Fetch 3.2).
void allow_own_origin(Response& response, const Environment& environment, const UrlScope& scope);

/// The answer to a preflight (OPTIONS): 204 for the site's own origins, 403 for others.
Response preflight(const Environment& environment, const UrlScope& scope);

}  // namespace formmail
