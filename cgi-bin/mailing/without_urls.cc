#include "cgi-bin/mailing/without_urls.h"

#include <algorithm>

namespace formmail {

namespace {

constexpr std::string_view kPlaceholder = "[URL]";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Japanese stands right beside a URL, without a blank.
bool stands_in_url(char c) {
  return c > ' ' && c < 0x7F && std::string_view("<>\"").find(c) == std::string_view::npos;
}

char lower(char c) { return is_letter(c) ? static_cast<char>(c | 0x20) : c; }

bool names_www(std::string_view run) {
  return !std::ranges::search(run, std::string_view("www."), {}, lower).empty();
}

/// example.com/..., but no date and no fraction.
bool is_host_with_path(std::string_view run) {
  const std::size_t slash = run.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view host = run.substr(0, slash);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view top = host.substr(dot + 1, host.find(':', dot) - dot - 1);
  return dot > 0 && top.size() >= 2 && std::ranges::all_of(top, is_letter);
}

bool is_url(std::string_view run) {
  return run.find("://") != std::string_view::npos || names_www(run) || is_host_with_path(run);
}

}  // namespace

std::string without_urls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, stands_in_url);
    const std::string_view run(text.begin(), end);
    out += is_url(run) ? kPlaceholder : run;
    text.remove_prefix(run.size());
    const std::string_view between(text.begin(), std::ranges::find_if(text, stands_in_url));
    out += between;
    text.remove_prefix(between.size());
  }
  return out;
}

}  // namespace formmail
