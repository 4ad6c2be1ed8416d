#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/form/label.h"
#include "cgi-bin/form/offered_control.h"
#include "cgi-bin/http/form_data.h"

namespace formmail {

/// A file that came with the submission, or waits on the server since an earlier page.
struct FormFile {
  std::string field;
  std::string name;        ///< safe to show: no path, no controls, at most 120 characters
  std::string media_type;  ///< by content
  std::string_view bytes;
  std::string waiting_key;  ///< under which WaitingUploads keeps it; "" it came with this request
};

/// What the page says about its form (the fields `_..._`) and what the visitor filled in.
struct Form {
  std::string profile;
  std::string language;  ///< "ja", "en", or "" where the page doesn't say
  std::string css_url;   ///< as the page gives it, unchecked
  bool confirm = false;  ///< _conf_enable_
  std::string conf_title, conf_head, conf_foot, conf_submit, conf_back;
  std::string comp_title, comp_head, comp_foot, comp_return_text, comp_return_url;
  std::string honeypot;  ///< name of the field that people don't see; "" none
  std::string page_url;  ///< where the form stands, as the first request's Referer gave it; "" unknown
  std::vector<Label> labels;
  FormData entries;  ///< the visitor's fields in their order, without `_..._`
  std::vector<FormFile> files;
  OfferedControls offered;  ///< for the form again; a field that isn't there is shown as its value suggests

  /// `data` in UTF-8. Files of unlabelled fields are left out, as unlabelled fields are.
  static Form read(FormData data);

  /// The values of `field` that aren't empty, in their order.
  std::vector<std::string_view> values(std::string_view field) const;
  /// The values as they are shown and mailed: joined with `、` (ja) or `, ` (en).
  std::string joined_value(std::string_view field, std::string_view lang) const;
  std::vector<const FormFile*> files_of(std::string_view field) const;
  /// Whether the field only repeats another that is shown and mailed: then it is not, too.
  bool is_repetition(const Label& label) const;
  /// Whether the field that only robots see was filled in.
  bool is_honeypot_filled() const;

  /// The page's own fields again (`_label_` etc., without what belongs to one page view), for the hidden
  /// fields of the form again and for the seal.
  FormData page_fields() const;
};

/// The names `_..._` that a page may give its fields.
std::vector<std::string_view> page_field_names();

}  // namespace formmail
