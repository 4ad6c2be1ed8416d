#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cgi-bin/form/site_url.h"
#include "cgi-bin/html/page_form.h"

namespace formmail {

/// One place that was changed, or one that would have to be and can't.
struct RewrittenPlace {
  std::size_t offset;   ///< in the page as it was given
  std::string what;     ///< "action", "_css_url_", "_comp_return_url_"
  std::string given;    ///< UTF-8
  std::string becomes;  ///< "" refused
  std::string refusal;  ///< why: of SiteUrl
};

struct RewrittenPage {
  std::string bytes;
  std::vector<RewrittenPlace> places;
  bool has_form = false;  ///< whether a form of formmail stands in the page
};

/// The page as it has to be on the shared-SSL host: of each form of formmail the action, `_css_url_` and
/// `_comp_return_url_` (what the hoster's FAQ asks customers to change by hand). Every other byte stays. A
/// page that was rewritten before comes back as it is.
///
/// `scope` is that of the shared-SSL host, without a page address: relative URLs hold there as they stand.
RewrittenPage rewrite_page(const PageText& text, const UrlScope& scope);

}  // namespace formmail
