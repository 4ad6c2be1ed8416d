#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// One name/value pair of a submitted form, as bytes in the form's charset until they are decoded.
struct FormEntry {
  std::string name;
  std::string value;                     ///< of a file: empty
  std::optional<std::string> file_name;  ///< set where a file was chosen
  std::string_view file_bytes;           ///< of a file: a view into the request's body
};

using FormData = std::vector<FormEntry>;

struct FormDataLimits {
  std::size_t max_fields = 1000;  ///< files not counted
  std::size_t max_files = 20;
};

/// A body that cannot be taken: `status` is 400 (not parsable) or 413 (too much of something).
struct FormDataError : std::runtime_error {
  FormDataError(int http_status, const std::string& message)
      : std::runtime_error(message), status(http_status) {}
  int status;
};

/// Parses `body` by its Content-Type: application/x-www-form-urlencoded (also where the type is missing),
/// or multipart/form-data (RFC 7578).
/// Files are views into `body`. Throws FormDataError.
FormData parse_form_data(std::string_view content_type, std::string_view body, const FormDataLimits& limits);

FormData parse_urlencoded(std::string_view body, const FormDataLimits& limits);
FormData parse_multipart(std::string_view boundary, std::string_view body, const FormDataLimits& limits);

/// A parameter of a Content-Type, `name` in lower case.
std::optional<std::string> parameter_of(std::string_view content_type, std::string_view name);

/// The boundary parameter of a multipart Content-Type, 1 to 70 characters (RFC 2046 5.1.1). Nothing where it
/// is missing or can't be one.
std::optional<std::string> boundary_of(std::string_view content_type);

}  // namespace formmail
