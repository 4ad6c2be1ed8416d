#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/form/label.h"
#include "cgi-bin/form/site_url.h"
#include "cgi-bin/html/page_charset.h"
#include "cgi-bin/html/page_form.h"
#include "cgi-bin/owner/mistake.h"
#include "cgi-bin/site/site.h"

namespace formmail {

/// A page, and what is known of the place where it will stand.
struct CheckedPage {
  const PageText& text;
  const PageCharset& charset;
  const Page& page;
  const Site* site;          ///< null: nobody said which
  const UrlScope& own_host;  ///< as on the site's own host
  const UrlScope& shared;    ///< as on the shared-SSL host
  bool is_placed;            ///< whether the page's folder on the site is known
};

/// formmail takes no longer forms by default. Of a longer one nothing else is told or tried: what looks at
/// each field for each label takes a bounded time.
constexpr std::size_t kMostControls = 1000;

/// All mistakes that formmail can see in a page.
std::vector<Mistake> check_page(const CheckedPage& checked);

/// A `_label_` and the field that holds it.
struct WrittenLabel {
  Label label;
  std::size_t offset;
};
/// The labels of a form that can be read.
std::vector<WrittenLabel> labels_of(const PageForm& form);

/// Whether the form is for the shared-SSL host: its action begins with the site's prefix, or names a
/// shared-SSL host.
bool is_for_shared_ssl(const PageForm& form, const CheckedPage& checked);

// The parts of check_page().
void check_charset(const CheckedPage& checked, MistakeList& found);
void check_markup(const Page& page, MistakeList& found);
void check_form_tag(const PageForm& form, MistakeList& found);
void check_profile(const PageForm& form, const CheckedPage& checked, MistakeList& found);
void check_labels(const PageForm& form, const CheckedPage& checked, MistakeList& found);
/// formmail's own name that `control` was meant to have: "_label_" of "_LABEL_", "_lable_" or "label_"; ""
/// none.
std::string_view meant_own_name(const Control& control);
/// Whether a field of the form was meant to be `own`: then it is not missing.
bool has_misspelled(const PageForm& form, std::string_view own);
void check_own_fields(const PageForm& form, MistakeList& found);
void check_fields(const PageForm& form, MistakeList& found);
/// Whether it begins with a quotation mark of word processors and web logs, which is no quote to HTML.
bool has_wide_quote(std::string_view value);
/// True where a tag's quotes are none, so that nothing else can be said of it.
bool check_quotes(const Tag& tag, MistakeList& found);
void check_urls(const PageForm& form, const CheckedPage& checked, MistakeList& found);
void check_page_urls(const PageForm& form, const CheckedPage& checked, MistakeList& found);

}  // namespace formmail
