#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// Where a request stands: what URLs of its page are judged against.
struct UrlScope {
  std::string_view site_name;                    ///< the prefix on the shared-SSL host, without `/`
  const std::vector<std::string>& site_hosts;    ///< H(S), as host_name() writes them
  const std::vector<std::string>& shared_hosts;  ///< the shared-SSL hosts
  bool on_shared_host;                           ///< asked on one of them
  std::string_view page_url;                     ///< of the posting page (Referer); "" unknown
  /// Whether a segment of a path is the name of a site, this one or another.
  std::function<bool(std::string_view)> is_site_name;
};

enum class UrlUse { style_sheet, link };

struct SiteUrl {
  std::string url;      ///< to be written into the page; "" refused
  const char* refusal;  ///< why, for the log and `formmail check`: a fixed text; "" where not refused
};

/// The one rule for every URL that comes from a page: what it becomes on the host that was asked, or why it
/// is refused. It may lead to the site alone. Judged after parsing and normalising (RFC 3986 5.2, 6.2.2): dot
/// segments, percent-encoded unreserved characters, case of scheme and host.
SiteUrl site_url(std::string_view given, UrlUse use, const UrlScope& scope);

}  // namespace formmail
