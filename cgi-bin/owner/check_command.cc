#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "cgi-bin/owner/command.h"
#include "cgi-bin/owner/page_file.h"
#include "cgi-bin/owner/report.h"

namespace formmail {

int check_command(const OwnerOptions& options, std::ostream& out, std::ostream& /*notes*/) {
  std::string bytes = read_page_file(options.page);
  const PageCharset charset = charset_of_page(bytes);
  const PageText text(std::move(bytes), charset.label);
  const Page page = read_page(text);
  const Surroundings around =
      find_surroundings(options.config, options.config_named, options.site, options.page);
  const UrlScope own_host = around.own_host();
  const UrlScope shared = around.shared_host();
  const CheckedPage checked{text,   charset,         page, around.site ? &*around.site : nullptr, own_host,
                            shared, around.is_placed};
  const std::vector<Mistake> mistakes = check_page(checked);
  out << report(options.page, checked, around, mistakes, language_of_owner(options));
  const bool any = std::any_of(mistakes.begin(), mistakes.end(), [](const Mistake& m) { return !m.hint; });
  return any ? kMistakes : kFine;
}

std::string language_of_owner(const OwnerOptions& options) {
  if (!options.language.empty()) return options.language;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* locale = std::getenv(name);
    if (locale == nullptr || *locale == '\0') continue;
    return std::string_view(locale).starts_with("ja") ? "ja" : "en";
  }
  return "en";
}

}  // namespace formmail
