#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/form/field_check.h"
#include "cgi-bin/form/form.h"
#include "cgi-bin/http/response.h"
#include "cgi-bin/page/page_templates.h"

namespace formmail {

/// Where a page stands: the same for all pages of a request.
struct PagePlace {
  std::string language;    ///< "ja" or "en"
  std::string action;      ///< path that the page's forms post to
  std::string authority;   ///< host and port, for the Content-Security-Policy; "" unknown
  std::string css_url;     ///< judged by site_url(); "" the built-in style sheet
  std::string return_url;  ///< judged by site_url(); "" no link
};

/// A file that stands behind a field of the form again.
struct KeptFile {
  std::string field;
  std::string name;
};

/// Makes the pages that a visitor sees. All values are escaped by the templates.
class PageWriter {
 public:
  PageWriter(const PageTemplates& templates, const PagePlace& place)
      : templates_(templates), messages_(templates.messages(place.language)), place_(place) {}

  const Messages& messages() const { return messages_; }

  /// The entries to be checked; `sealed` rides in the page.
  Response confirm(const Form& form, const std::string& sealed) const;
  /// The form again, with its values. `message`: above it; `kept_seal`: of the files that
  /// stay, "" none.
  Response input(int status, const Form& form, const std::string& message,
                 const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                 const std::string& kept_seal) const;
  /// `reference`: "" where there is none to tell.
  Response complete(const Form& form, const std::string& reference) const;
  Response error(int status, const std::string& message, const std::string& reference = "") const;

 private:
  kainjow::mustache::object page(const std::string& title) const;
  kainjow::mustache::data rows(const Form& form) const;
  Response finished(int status, std::string_view name, kainjow::mustache::object&& data) const;
  std::string content_security_policy() const;

  const PageTemplates& templates_;
  const Messages& messages_;
  const PagePlace& place_;
};

}  // namespace formmail
