#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/mime/mime_map.h"
#include "mail/mime/splice.h"

namespace scanner {

/// Changes to the header of one part, as splices in its source. Fields that are not named stay as they are.
class FieldEdit {
 public:
  FieldEdit(const mail::MimeMap& map, const mail::MimePart& part, std::string_view line_end);

  /// The charset parameter of Content-Type; the field is added if it is missing.
  void set_charset(std::string_view charset);
  /// Content-Transfer-Encoding.
  void set_encoding(std::string_view encoding);
  /// Takes out every field that describes the body (Content-...).
  void drop_content_fields();
  /// Adds a line at the end of the header.
  void add(std::string_view line);

  /// The splices; an empty line is added where the header had none.
  std::vector<mail::Splice> take();

 private:
  bool is_mail() const;

  const mail::MimeMap& map_;
  const mail::MimePart& part_;
  std::string line_end_;
  std::string added_;
  std::vector<mail::Splice> splices_;
};

/// The Content-... lines of a part as they stand.
std::string content_fields(const mail::MimeMap& map, const mail::MimePart& part);

}  // namespace scanner
