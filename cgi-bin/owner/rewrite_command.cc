#include <ostream>

#include "cgi-bin/html/page_charset.h"
#include "cgi-bin/owner/command.h"
#include "cgi-bin/owner/page_file.h"
#include "cgi-bin/owner/report.h"
#include "cgi-bin/owner/rewrite.h"

namespace formmail {

namespace {

/// One line a place, as compilers write them.
void write_notes(const OwnerOptions& options, const PageText& text, const RewrittenPage& page,
                 std::ostream& notes) {
  const std::string language = language_of_owner(options);
  const Messages messages(owner_text(language, "rewrite.txt"));
  const Messages reasons(owner_text(language, "mistakes.txt"));
  const std::string file = terminal_text(options.page.string(), 4096);
  for (const RewrittenPlace& place : page.places) {
    const std::string given = terminal_text(place.given);
    const std::string becomes = terminal_text(place.becomes);
    notes << file << ":" << text.line(place.offset) << ": "
          << messages.text(place.becomes.empty() ? "refused" : "changed",
                           {{"what", place.what},
                            {"given", given},
                            {"becomes", becomes},
                            {"reason", reasons.text(place.refusal)}})
          << "\n";
  }
  if (!page.has_form) {
    notes << file << ": " << messages.text("no-form") << "\n";
  } else if (page.places.empty()) {
    notes << file << ": " << messages.text("unchanged") << "\n";
  }
}

}  // namespace

int rewrite_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes) {
  std::string bytes = read_page_file(options.page);
  const std::string label = charset_of_page(bytes).label;
  const PageText text(std::move(bytes), label);
  const Surroundings around =
      find_surroundings(options.config, options.config_named, options.site, options.page);
  if (around.site_name.empty()) {
    throw OwnerError("--site is missing: the site's name, such as www.customer.example");
  }
  UrlScope scope = around.shared_host();
  scope.page_url = "";
  const RewrittenPage page = rewrite_page(text, scope);
  if (!options.in_place) {
    out << page.bytes << std::flush;
    if (!out) throw OwnerError("the page could not be written to standard output");
  } else if (page.bytes != text.bytes()) {
    replace_file(options.page, page.bytes);
  }
  write_notes(options, text, page, notes);
  bool refused = !page.has_form;
  for (const RewrittenPlace& place : page.places) refused = refused || place.becomes.empty();
  return refused ? kMistakes : kFine;
}

}  // namespace formmail
