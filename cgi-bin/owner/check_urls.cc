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

/// "www.customer.example/index.html" without a scheme, which browsers take for a path.
bool looks_like_host(std::string_view url) {
  const std::string_view first = url.substr(0, url.find('/'));
  return first.starts_with("www.") && std::count(first.begin(), first.end(), '.') > 1;
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
  } else if (looks_like_host(field.value)) {
    found.mistake(field.tag.begin, "url-without-scheme", {{"field", field.name}, {"url", field.value}});
  }
}

/// Whether a form that is sent to `url`, as site_url() gives it, reaches formmail.
bool leads_to_formmail(std::string_view url, const CheckedPage& checked) {
  url = url.substr(0, url.find_first_of("?#"));
  if (!url.starts_with('/')) url.remove_prefix(std::min(url.find('/', url.find("//") + 2), url.size()));
  return url == kFormPath || url == "/" + std::string(checked.own_host.site_name) + std::string(kFormPath);
}

/// Whether it is known where `url` leads: a relative one only where the page's folder is known.
bool is_placed(std::string_view url, const CheckedPage& checked) {
  const bool relative = !url.starts_with('/') && url.find("://") == std::string_view::npos;
  return checked.site != nullptr && (!relative || checked.is_placed);
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
    } else if (!ruled.url.empty() && !leads_to_formmail(ruled.url, checked) && is_placed(action, checked)) {
      found.mistake(form.tag.begin, "action-elsewhere",
                    {{"action", action}, {"url", ruled.url}, {"path", std::string(kFormPath)}});
    }
  }
  for (const Control& control : form.controls) {
    if (control.name == "_css_url_") check_url(control, UrlUse::style_sheet, ssl, checked, found);
    if (control.name == "_comp_return_url_") check_url(control, UrlUse::link, ssl, checked, found);
  }
}

void check_page_urls(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  const auto with_href = std::ranges::find_if(
      checked.page.bases, [](const Tag& base) { return base.find("href") != nullptr; });  // the first counts
  const bool ssl = is_for_shared_ssl(form, checked);
  if (with_href != checked.page.bases.end()) {
    const std::string url(with_href->value("href"));
    const SiteUrl ruled = site_url(url, UrlUse::link, ssl ? checked.shared : checked.own_host);
    if (ssl && starts_with_http(url)) {
      found.mistake(with_href->begin, "base-http", {{"url", url}});
    } else if (ruled.url.empty() && !(checked.site == nullptr && depends_on_site(ruled.refusal))) {
      found.mistake(with_href->begin, "base-elsewhere", {{"url", url}});
    }
  }
  if (!ssl) return;
  for (const Tag& sheet : checked.page.style_sheets) {
    const std::string url(sheet.value("href"));
    if (starts_with_http(url)) found.mistake(sheet.begin, "page-style-http", {{"url", url}});
  }
  for (const StyleImport& import : checked.page.imports) {
    if (starts_with_http(import.url)) found.mistake(import.begin, "page-style-http", {{"url", import.url}});
  }
}

}  // namespace formmail
