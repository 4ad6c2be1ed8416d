#include "cgi-bin/http/response.h"

namespace formmail {

namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
  const std::string_view line = value.substr(0, value.find_first_of(std::string_view("\r\n\0", 3)));
  out.append(name).append(": ").append(line).append("\r\n");
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

std::string Response::to_cgi() const {
  std::string out;
  out.reserve(1024 + body.size());
  append_header(out, "Status", std::to_string(status) + " " + std::string(reason_phrase(status)));
  if (status != 204) {
    append_header(out, "Content-Type", content_type);
    append_header(out, "Content-Length", std::to_string(body.size()));
  }
  append_header(out, "Cache-Control", "no-store");
  append_header(out, "X-Content-Type-Options", "nosniff");
  append_header(out, "Referrer-Policy", "same-origin");
  for (const auto& [name, value] : headers) append_header(out, name, value);
  return out.append("\r\n").append(body);
}

}  // namespace formmail
