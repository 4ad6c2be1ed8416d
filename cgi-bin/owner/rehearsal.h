#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cgi-bin/html/page_form.h"
#include "cgi-bin/http/response.h"
#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/page/messages.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/site/site.h"

namespace formmail {

/// What came of sending a form with sample values: each page as a visitor would see it, and the submission
/// that would be mailed.
struct Rehearsed {
  Response first;                  ///< the confirmation page; without one, the completion page; or an error
  std::optional<Response> second;  ///< the completion page, where `first` had to be confirmed
  Response with_errors;            ///< the form again, after nothing was filled in
  std::optional<Submission> submission;
};

/// Sends `form` through the same code that answers visitors, with nothing real behind it: no mail, no limits,
/// and state in a temporary folder that is removed. `page_url`: where the form stands.
/// Throws std::system_error if the folder can't be made, and what the site's settings throw.
Rehearsed rehearse(const PageForm& form, const Site& site, Settings settings, bool on_shared_host,
                   const std::string& page_url, const Messages& samples);

}  // namespace formmail
