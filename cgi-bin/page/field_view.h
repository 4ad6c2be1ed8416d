#pragma once

#include <kainjow/mustache.hpp>

#include <string>
#include <vector>

#include "cgi-bin/form/field_check.h"
#include "cgi-bin/form/form.h"

namespace formmail {

/// One field of the form again.
struct FieldView {
  /// A file that waits on the server.
  struct Waiting {
    std::string number;  ///< by which the page asks to drop it
    std::string name;
  };
  const Form& form;
  const Label& label;
  std::string id;           ///< of the element that takes the focus
  const FieldError* error;  ///< null: none
  std::vector<Waiting> kept;
};

/// What the template input.html is told of the field: the control of the owner's page with what was sent, or
/// where that page could not be read the control that the values and the field's name suggest.
kainjow::mustache::object field_data(const FieldView& view);

}  // namespace formmail
