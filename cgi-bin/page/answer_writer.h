#pragma once

#include <string>
#include <vector>

#include "cgi-bin/form/field_check.h"
#include "cgi-bin/form/form.h"
#include "cgi-bin/http/response.h"
#include "cgi-bin/page/messages.h"

namespace formmail {

/// A file that stands behind a field of the form again.
struct KeptFile {
  std::string field;
  std::string name;
};

/// What is told to a visitor: in a page, or in JSON to a script.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;

  virtual const Messages& messages() const = 0;
  /// The submission was sent. `reference`: "" where there is none to tell.
  virtual Response complete(const Form& form, const std::string& reference) const = 0;
  /// Not sent, and the visitor may mend it: the form again, with its values. `reason`: key of the message
  /// above it; `kept`: the files that stay, in the order of `kept_seal`, which is "" without any.
  virtual Response input(int status, const Form& form, const std::string& reason,
                         const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                         const std::string& kept_seal) const = 0;
  /// Not sent, and nothing to be mended.
  virtual Response error(int status, const std::string& reason, const std::string& message,
                         const std::string& reference) const = 0;
};

}  // namespace formmail
