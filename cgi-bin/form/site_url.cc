#include "cgi-bin/form/site_url.h"

#include <algorithm>
#include <optional>

#include "cgi-bin/site/host_name.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

/// Of a URL in a page. A style sheet's also stands in a header field, for which web servers have 4 kB or
/// more.
constexpr std::size_t kLongest = 2000;

struct Refused {
  const char* why;
};

/// A URL in its parts, normalised. Scheme and host are empty in a reference to the own host.
struct ParsedUrl {
  std::string scheme;
  std::string host;  ///< for comparing, without port
  std::string port;  ///< ":8080" or ""
  std::string path;  ///< absolute, no dot segments
  std::string rest;  ///< "?query#fragment"
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_percent(std::string& out, unsigned char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Characters that may stand in a path, a query or a fragment as they are (RFC 3986 3.3 to 3.5).
bool stands_as_is(char c) {
  return is_unreserved(c) || std::string_view("!$&'()*+,;=:@/?").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

void refuse_strange_characters(std::string_view url) {
  while (!url.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(url);
    if (mail::is_control_or_bidi(c.code_point)) throw Refused{"a control character"};
    if (c.code_point == '\\') throw Refused{"a backslash"};
    url.remove_prefix(c.length);
  }
}

/// What a server that decodes more than it should would read as another path than we judge: an escape that
/// was escaped, `.`, `/` and `\` in two bytes where one does (RFC 3629 10).
void refuse_hidden_escapes(std::string_view path) {
  for (const std::string_view overlong : {"%C0%AE", "%C0%AF", "%C1%9C"}) {
    if (path.find(overlong) != std::string_view::npos) throw Refused{"an overlong escape"};
  }
  for (std::size_t at = path.find("%25"); at != std::string_view::npos; at = path.find("%25", at + 3)) {
    const std::string_view behind = path.substr(at + 3, 2);
    if (behind.size() == 2 && hex_digit(behind[0]) >= 0 && hex_digit(behind[1]) >= 0) {
      throw Refused{"a twice escaped character"};
    }
  }
}

/// Decodes escaped unreserved characters, encodes what can't stand as it is. An escaped slash, backslash or
/// control character is refused: servers disagree on whether it divides the path.
std::string normal_path(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c != '%') {
      if (stands_as_is(c)) {
        out += c;
      } else {
        append_percent(out, static_cast<unsigned char>(c));
      }
      continue;
    }
    const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = i + 2 < path.size() ? hex_digit(path[i + 2]) : -1;
    if (high < 0 || low < 0) throw Refused{"a % that opens no escape"};
    const auto byte = static_cast<unsigned char>(high * 16 + low);
    if (byte == '/' || byte == '\\' || byte < 0x20 || byte == 0x7F) {
      throw Refused{"an escaped slash, backslash or control character"};
    }
    if (is_unreserved(static_cast<char>(byte))) {
      out += static_cast<char>(byte);
    } else {
      append_percent(out, byte);
    }
    i += 2;
  }
  refuse_hidden_escapes(out);
  return out;
}

/// RFC 3986 5.2.4 on an absolute path, but leaving the root is an error.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    // Java servers take the parameters off first.
    if (segment.starts_with("..;")) throw Refused{"parameters behind .."};
    if (segment == "..") {
      if (segments.empty()) throw Refused{".. leaves the root"};
      segments.pop_back();
    } else if (segment != ".") {
      segments.push_back(segment);
    }
    if (last) {
      if (segment == "." || segment == "..") segments.emplace_back();
      break;
    }
    path.remove_prefix(slash + 1);
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

/// "?query#fragment" with what can't stand in a URL escaped.
std::string normal_rest(std::string_view rest) {
  std::string out;
  for (const char c : rest) {
    if (stands_as_is(c) || c == '#' || c == '%') {
      out += c;
    } else {
      append_percent(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// The scheme in lower case, taken off `url`; "" if it has none (RFC 3986 3.1).
std::string take_scheme(std::string_view& url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || url.find_first_of("/?#") < colon) return "";
  std::string scheme;
  for (const char c : url.substr(0, colon)) {
    scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  url.remove_prefix(colon + 1);
  return scheme;
}

void take_authority(std::string_view& url, ParsedUrl& parsed) {
  if (!url.starts_with("//")) throw Refused{"a scheme without //"};
  url.remove_prefix(2);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) throw Refused{"a user name before the host"};
  parsed.host = host_name(authority);
  if (parsed.host.empty()) throw Refused{"not a host name"};
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    parsed.port = authority.substr(colon);
    const bool usual = parsed.port == ":" || parsed.port == (parsed.scheme == "https" ? ":443" : ":80");
    if (usual) parsed.port.clear();
  }
}

void take_path(std::string_view url, ParsedUrl& parsed) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  parsed.rest = normal_rest(url.substr(path.size()));
  if (path.empty()) {
    parsed.path = "/";
    return;
  }
  const std::string normal = normal_path(path);
  // `//host` is another host to a browser, however it came to stand there.
  parsed.path = without_dot_segments(normal);
  if (parsed.path.starts_with("//")) throw Refused{"an empty first segment"};
}

ParsedUrl parse_absolute(std::string_view url) {
  ParsedUrl parsed;
  parsed.scheme = take_scheme(url);
  if (!parsed.scheme.empty()) {
    if (parsed.scheme != "http" && parsed.scheme != "https")
      throw Refused{"another scheme than http or https"};
    take_authority(url, parsed);
  } else if (url.starts_with("//")) {
    throw Refused{"a host without a scheme"};
  }
  take_path(url, parsed);
  return parsed;
}

bool contains(const std::vector<std::string>& hosts, std::string_view host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

/// `path` behind the site's prefix: "/x" of "/www.customer.example/x"; nothing if it stands elsewhere.
std::optional<std::string> behind_prefix(std::string_view path, std::string_view site_name) {
  path.remove_prefix(1);
  if (!path.starts_with(site_name)) return std::nullopt;
  path.remove_prefix(site_name.size());
  if (path.empty()) return "/";
  if (path.front() != '/' || path.starts_with("//")) return std::nullopt;
  return std::string(path);
}

std::string absolute(const ParsedUrl& parsed) {
  return parsed.scheme + "://" + parsed.host + parsed.port + parsed.path + parsed.rest;
}

std::string prefixed(const std::string& path, const UrlScope& scope) {
  return "/" + std::string(scope.site_name) + path;
}

/// Whether a first segment looks like a customer's prefix: it is a site's name, or like one
/// ("www.x.example"). Servers that know parameters of segments, and dots behind names, would read it so.
bool looks_like_prefix(std::string_view segment, const UrlScope& scope) {
  segment = segment.substr(0, segment.find(';'));
  while (segment.ends_with('.')) segment.remove_suffix(1);
  if (scope.is_site_name(segment)) return true;
  const std::size_t last_dot = segment.rfind('.');
  if (last_dot == std::string_view::npos || last_dot + 1 == segment.size()) return false;
  const bool letters_behind =
      std::all_of(segment.begin() + static_cast<std::ptrdiff_t>(last_dot) + 1, segment.end(),
                  [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
  return letters_behind && segment.find('.') != last_dot;
}

/// The path within the site: "/x" of "/x" and of "/NAME/x".
std::string path_on_site(const std::string& path, const UrlScope& scope) {
  if (std::optional<std::string> inner = behind_prefix(path, scope.site_name)) return *inner;
  const std::size_t end = path.find('/', 1);
  const std::string_view first = std::string_view(path).substr(1, end == std::string::npos ? end : end - 1);
  const bool is_file = end == std::string::npos && !scope.is_site_name(first);
  if (!is_file && looks_like_prefix(first, scope)) throw Refused{"another customer's prefix"};
  return path;
}

std::string resolve_path(const ParsedUrl& parsed, const UrlScope& scope) {
  const std::string path = path_on_site(parsed.path, scope);
  return (scope.on_shared_host ? prefixed(path, scope) : path) + parsed.rest;
}

std::string resolve_absolute(const ParsedUrl& parsed, UrlUse use, const UrlScope& scope) {
  if (contains(scope.shared_hosts, parsed.host)) {
    if (parsed.scheme != "https") throw Refused{"the shared-SSL host is asked by https"};
    if (!behind_prefix(parsed.path, scope.site_name)) throw Refused{"another customer's prefix"};
    return absolute(parsed);
  }
  if (!contains(scope.site_hosts, parsed.host)) throw Refused{"another host"};
  if (scope.on_shared_host && use == UrlUse::style_sheet) return prefixed(parsed.path, scope) + parsed.rest;
  return absolute(parsed);
}

/// The folder of the posting page as a path on the host that was asked, if that page is on the site.
std::string page_folder(const UrlScope& scope) {
  if (scope.page_url.empty()) throw Refused{"relative, and the posting page is unknown"};
  refuse_strange_characters(scope.page_url);
  const ParsedUrl page = parse_absolute(scope.page_url);
  std::string path = page.path;
  if (contains(scope.shared_hosts, page.host)) {
    const std::optional<std::string> inner = behind_prefix(page.path, scope.site_name);
    if (!inner) throw Refused{"relative, and the posting page is another customer's"};
    path = *inner;
  } else if (!contains(scope.site_hosts, page.host)) {
    throw Refused{"relative, and the posting page is on another host"};
  }
  return path.substr(0, path.rfind('/') + 1);
}

std::string resolve(std::string_view given, UrlUse use, const UrlScope& scope) {
  const std::string_view url = trim(given);
  refuse_strange_characters(url);
  std::string_view behind = url;
  const bool has_scheme = !take_scheme(behind).empty();
  if (has_scheme) return resolve_absolute(parse_absolute(url), use, scope);
  if (url.starts_with('/')) return resolve_path(parse_absolute(url), scope);
  // "javascript%3a..." names a scheme to whoever decodes it before he looks.
  const std::string_view first = url.substr(0, url.find_first_of("/?#"));
  if (first.find("%3a") != std::string_view::npos || first.find("%3A") != std::string_view::npos) {
    throw Refused{"an escaped colon"};
  }
  std::string base = page_folder(scope);
  if (url.starts_with('?') || url.starts_with('#')) {
    const ParsedUrl page = parse_absolute(scope.page_url);
    base = page.path;
  }
  return resolve_path(parse_absolute(base + std::string(url)), scope);
}

}  // namespace

SiteUrl site_url(std::string_view given, UrlUse use, const UrlScope& scope) {
  try {
    if (given.size() > kLongest) throw Refused{"too long"};
    std::string url = resolve(given, use, scope);
    if (url.size() > kLongest) throw Refused{"too long"};
    return {std::move(url), ""};
  } catch (const Refused& refused) {
    return {"", refused.why};
  }
}

}  // namespace formmail
