#include "cgi-bin/page/json_writer.h"

#include <nlohmann/json.hpp>

namespace formmail {

namespace {

using nlohmann::ordered_json;

/// Text that is no UTF-8 can't come here; if it does, it is replaced and not thrown at the visitor.
std::string written(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// Who opens it as a page finds nothing in it that a page may do.
Response json_response(int status, const char* content_type) {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  return response;
}

Response problem(int status, const std::string& reason, const std::string& detail) {
  Response response = json_response(status, "application/problem+json");
  const ordered_json json = {{"type", "urn:sekisho:formmail:" + reason},
                             {"title", reason_phrase(status)},
                             {"status", status},
                             {"detail", detail}};
  response.body = written(json);
  return response;
}

}  // namespace

Response JsonWriter::complete(const Form&, const std::string& reference) const {
  Response response = json_response(200, "application/json");
  ordered_json json = {{"ok", true}};
  if (!reference.empty()) json["id"] = reference;
  response.body = written(json);
  return response;
}

Response JsonWriter::input(int status, const Form&, const std::string& reason,
                           const std::vector<FieldError>& errors, const std::vector<KeptFile>&,
                           const std::string&) const {
  Response response = problem(status, reason, messages_.text(reason));
  if (errors.empty()) return response;
  ordered_json json = ordered_json::parse(response.body);
  for (const FieldError& error : errors) {
    json["errors"].push_back({{"field", error.field}, {"detail", error.text}});
  }
  response.body = written(json);
  return response;
}

Response JsonWriter::error(int status, const std::string& reason, const std::string& message,
                           const std::string& reference) const {
  Response response = problem(status, reason, message);
  if (reference.empty()) return response;
  ordered_json json = ordered_json::parse(response.body);
  json["id"] = reference;
  response.body = written(json);
  return response;
}

}  // namespace formmail
