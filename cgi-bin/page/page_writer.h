#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/page/answer_writer.h"
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

/// Makes the pages that a visitor sees. All values are escaped by the templates.
class PageWriter : public AnswerWriter {
 public:
  PageWriter(const PageTemplates& templates, const PagePlace& place)
      : templates_(templates), messages_(templates.messages(place.language)), place_(place) {}

  const Messages& messages() const override { return messages_; }

  /// The entries to be checked; `sealed` rides in the page.
  Response confirm(const Form& form, const std::string& sealed) const;
  Response complete(const Form& form, const std::string& reference) const override;
  /// The same of a submission that came before: `sealed` sends it as one more.
  Response complete_repeated(const Form& form, const std::string& reference, const std::string& sealed) const;
  Response input(int status, const Form& form, const std::string& reason,
                 const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                 const std::string& kept_seal) const override;
  Response error(int status, const std::string& reason, const std::string& message,
                 const std::string& reference) const override;

 private:
  kainjow::mustache::data page(const std::string& title) const;
  kainjow::mustache::data completion(const Form& form, const std::string& reference) const;
  kainjow::mustache::data rows(const Form& form) const;
  Response finished(int status, std::string_view name, const kainjow::mustache::data& data) const;
  std::string content_security_policy() const;

  const PageTemplates& templates_;
  const Messages& messages_;
  const PagePlace& place_;
};

}  // namespace formmail
