#include "cgi-bin/http/request_target.h"

#include <algorithm>

#include "cgi-bin/site/host_name.h"

namespace formmail {

namespace {

bool stands_in_path(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
  return alphanumeric || std::string_view("-._~!$&'()*+,;=:@/%").find(c) != std::string_view::npos;
}

/// The path of a REQUEST_URI: an absolute URL (RFC 9112 3.2.2) loses its scheme and host, all lose the query.
std::string_view path_of(std::string_view uri) {
  if (const std::size_t scheme = uri.find("://"); scheme != std::string_view::npos && !uri.starts_with('/')) {
    uri.remove_prefix(scheme + 3);
    uri.remove_prefix(std::min(uri.find('/'), uri.size()));
  }
  return uri.substr(0, uri.find_first_of("?#"));
}

/// Starts with one slash (two would name another host) and holds nothing that can't stand in a path.
std::string clean_path(std::string_view path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string out = "/";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (stands_in_path(c)) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

/// A path that steps back names no site: the server may have taken another for it than we would.
void add_first_segment(std::vector<std::string>& segments, std::string_view path) {
  if (path.find("/../") != std::string_view::npos || path.ends_with("/..")) return;
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string segment(path.substr(0, path.find('/')));
  if (segment.empty() || std::find(segments.begin(), segments.end(), segment) != segments.end()) return;
  segments.push_back(std::move(segment));
}

}  // namespace

RequestTarget request_target(const Environment& environment) {
  RequestTarget target;
  std::string_view authority = environment.get("HTTP_HOST");
  if (authority.empty()) authority = environment.get("SERVER_NAME");
  target.host = host_name(authority);
  if (!target.host.empty()) {
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    target.authority = target.host + std::string(port ? authority.substr(colon) : "");
  }
  const std::string_view uri = path_of(environment.get("REQUEST_URI"));
  const std::string script =
      std::string(environment.get("SCRIPT_NAME")) + std::string(environment.get("PATH_INFO"));
  target.path = clean_path(uri.empty() ? script : uri);
  add_first_segment(target.first_segments, uri);
  add_first_segment(target.first_segments, script);
  add_first_segment(target.first_segments, environment.get("PATH_INFO"));
  return target;
}

}  // namespace formmail
