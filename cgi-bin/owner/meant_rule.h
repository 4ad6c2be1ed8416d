#pragma once

#include <optional>
#include <string>

#include "cgi-bin/form/label.h"

namespace formmail {

/// What stands at the end of a label in place of a rule.
struct MeantRule {
  std::string written;
  std::string rule;  ///< what should stand there, several joined by `:`; "" nothing is near
  bool after_colon;  ///< else another character stands where `:` should
};

/// Whether the text of `label` ends in something that was meant as a rule but is none, and so is shown as
/// part of the label: "requird", "ｒｅｑｕｉｒｅｄ", "必須", "max:100", "required,email", "お名前：required".
std::optional<MeantRule> meant_rule(const Label& label);

}  // namespace formmail
