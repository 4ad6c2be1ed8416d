#pragma once

#include <kainjow/mustache.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/page/messages.h"
#include "mail/log.h"

namespace formmail {

/// The templates of one site: the site's own, else the hoster's, else the built-in ones. A broken one is
/// logged and passed over. Parsed once a file and thread, and again when the file changes.
class PageTemplates {
 public:
  /// `folders`: where to look first, in this order; "" entries are skipped.
  PageTemplates(std::vector<std::filesystem::path> folders, const mail::Log& log);

  /// templates/pages/`language`/`name`.html with `data`.
  std::string render(std::string_view language, std::string_view name,
                     const kainjow::mustache::data& data) const;
  const Messages& messages(std::string_view language) const;
  /// The style sheet of pages that bring none.
  struct StyleSheet {
    std::string_view text;
    std::string_view csp_source;  ///< 'sha256-...'
  };
  StyleSheet style_sheet() const;

 private:
  std::vector<std::filesystem::path> folders_;
  const mail::Log& log_;
};

}  // namespace formmail
