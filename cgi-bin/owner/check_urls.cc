#include <algorithm>

#include "cgi-bin/owner/page_check.h"

namespace formmail {

namespace {

bool starts_with_http(std::string_view url) {
  const std::size_t begin = std::min(url.find_first_not_of(" \t\r\n"), url.size());
  std::string scheme(url.substr(begin, 5));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return scheme == "http:";
}

/// Without a site nobody can tell whose host or prefix a URL names.
bool depends_on_site(std::string_view refusal) {
  return refusal == "another host" || refusal == "another customer's prefix";
}

void check_url(const Control& field, UrlUse use, bool ssl, const CheckedPage& checked, MistakeList& found) {
  if (field.value.empty()) return;
  const SiteUrl ruled = site_url(field.value, use, ssl ? checked.shared : checked.own_host);
  if (ruled.url.empty()) {
    if (checked.site == nullptr && depends_on_site(ruled.refusal)) return;
    found.mistake(field.tag.begin, "url-refused",
                  {{"field", field.name}, {"url", field.value}, {"reason", ruled.refusal}});
  } else if (ssl && use == UrlUse::style_sheet && starts_with_http(field.value)) {
    found.mistake(field.tag.begin, "style-http",
                  {{"field", field.name}, {"url", field.value}, {"becomes", ruled.url}});
  }
}

}  // namespace

bool is_for_shared_ssl(const PageForm& form, const CheckedPage& checked) {
  const std::string_view action = form.tag.value("action");
  const std::size_t begin = std::min(action.find_first_not_of(" \t\r\n"), action.size());
  const std::string_view url = action.substr(begin);
  const bool prefixed = url.starts_with('/') && url.find(kFormPath) != 0 && form.is_formmail();
  if (prefixed) return true;
  const std::vector<std::string>& hosts = checked.shared.shared_hosts;
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return url.starts_with("https://" + host + "/") || url.starts_with("//" + host + "/");
  });
}

void check_urls(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const bool ssl = is_for_shared_ssl(form, checked);
  const std::string action(form.tag.value("action"));
  if (form.is_formmail()) {
    const SiteUrl ruled = site_url(action, UrlUse::link, ssl ? checked.shared : checked.own_host);
    if (ruled.url.empty() && !(checked.site == nullptr && depends_on_site(ruled.refusal))) {
      found.mistake(form.tag.begin, "url-refused",
                    {{"field", "action"}, {"url", action}, {"reason", ruled.refusal}});
    }
  }
  for (const Control& control : form.controls) {
    if (control.name == "_css_url_") check_url(control, UrlUse::style_sheet, ssl, checked, found);
    if (control.name == "_comp_return_url_") check_url(control, UrlUse::link, ssl, checked, found);
  }
}

}  // namespace formmail
