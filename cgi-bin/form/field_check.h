#pragma once

#include <string>
#include <vector>

#include "cgi-bin/form/form.h"
#include "cgi-bin/page/messages.h"

namespace formmail {

/// One field that its rules refuse, and the sentence that says what to do.
struct FieldError {
  std::string field;
  std::string text;
};

/// Holds every labelled field against its rules; the first broken rule of each field is told, in the order of
/// the labels.
std::vector<FieldError> check_fields(const Form& form, const Messages& messages);

}  // namespace formmail
