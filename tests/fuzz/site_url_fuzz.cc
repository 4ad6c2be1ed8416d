// Needs: cgi-bin/form/site_url.cc cgi-bin/site/host_name.cc mail/utf8.cc
#include "cgi-bin/form/site_url.h"

#include "tests/fuzz/fuzz.h"

namespace {

bool stands_below(std::string_view url, std::string_view prefix) {
  if (!url.starts_with(prefix)) return false;
  const std::string_view behind = url.substr(prefix.size());
  return behind.empty() || std::string_view("/?#").find(behind.front()) != std::string_view::npos;
}

}  // namespace

/// A URL of any bytes, on the own and on the shared host: what is let through leads to the site, holds
/// nothing that could end an attribute, and is never let through again as something else.
void fuzz(std::string_view input) {
  const std::vector<std::string> hosts = {"a.example", "www.a.example"};
  const std::vector<std::string> shared = {"ssl.b.example"};
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view page = input.substr(0, line);
  const std::string_view given = input.substr(std::min(line + 1, input.size()));
  for (const bool on_shared_host : {false, true}) {
    const formmail::UrlScope scope{
        "www.a.example", hosts, shared,
        on_shared_host,  page,  [](std::string_view name) { return name == "www.a.example" || name == "c"; }};
    for (const formmail::UrlUse use : {formmail::UrlUse::link, formmail::UrlUse::style_sheet}) {
      const std::string url = formmail::site_url(given, use, scope).url;
      if (url.empty()) continue;
      must(url.find_first_of("\"'<>\\ \t\r\n") == std::string::npos || url.find('\'') != std::string::npos);
      must(url.find_first_of("\"<>\\ \t\r\n") == std::string::npos);
      const bool path = url.starts_with("/") && !url.starts_with("//") &&
                        (!on_shared_host || url.starts_with("/www.a.example/"));
      bool own = path || stands_below(url, "https://ssl.b.example/www.a.example") ||
                 url.starts_with("https://ssl.b.example:");
      for (const std::string& host : hosts) {
        for (const std::string scheme : {"http://", "https://"}) {
          own = own || url.starts_with(scheme + host + "/") || url.starts_with(scheme + host + ":");
        }
      }
      must(own);
      must(url.find("/../") == std::string::npos || url.find("/../") > url.find_first_of("?#"));
      // What stood behind the site's own prefix may itself look like another customer's, and then is refused.
      const std::string again = formmail::site_url(url, use, scope).url;
      const bool named = input.find("www.a.example") != std::string_view::npos;
      // On the own host the site's prefix is taken off; one that stands there twice leaves one for the next
      // time.
      const bool prefix_left = !on_shared_host && stands_below(url, "/www.a.example");
      must(again == url || (again.empty() && named) || prefix_left);
    }
  }
}
