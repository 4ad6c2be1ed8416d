#pragma once

#include <map>
#include <string>
#include <vector>

namespace formmail {

/// What the owner's page has for a field: the form again offers the same.
struct OfferedControl {
  enum class Kind { line, password, hidden, area, list, radio, checkboxes, file };
  struct Choice {
    std::string value;
    std::string text;  ///< what people read
  };
  Kind kind = Kind::line;
  std::string type;          ///< of a line: "date", "email" ...; "" another kind
  std::string autocomplete;  ///< as the page has it
  bool multiple = false;     ///< of a list or of files
  std::vector<Choice> choices;

  bool is_choice() const { return kind == Kind::list || kind == Kind::radio || kind == Kind::checkboxes; }
};

/// By the names of the fields.
using OfferedControls = std::map<std::string, OfferedControl, std::less<>>;

}  // namespace formmail
