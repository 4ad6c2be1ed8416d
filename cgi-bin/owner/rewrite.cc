#include "cgi-bin/owner/rewrite.h"

#include <algorithm>

#include "cgi-bin/page/html.h"
#include "mail/charset.h"

namespace formmail {

namespace {

struct Change {
  std::size_t begin;
  std::size_t end;
  std::string bytes;
};

bool is_absolute(std::string_view url) {
  const std::size_t colon = url.find(':');
  return colon != std::string_view::npos && url.find_first_of("/?#") > colon;
}

/// Bytes of "http://host:port" at the start of `url`.
std::size_t origin_length(std::string_view url) {
  const std::size_t authority = url.find("//");
  if (authority == std::string_view::npos) return 0;
  return std::min(url.find_first_of("/?#", authority + 2), url.size());
}

class Rewriter {
 public:
  Rewriter(const PageText& text, const UrlScope& scope)
      : text_(text), scope_(scope), prefix_("/" + std::string(scope.site_name)) {}

  RewrittenPage rewrite() {
    for (const PageForm& form : read_page(text_).forms) take_form(form);
    std::sort(changes_.begin(), changes_.end(),
              [](const Change& a, const Change& b) { return a.begin < b.begin; });
    std::size_t kept = 0;
    for (const Change& change : changes_) {
      page_.bytes.append(text_.bytes(), kept, change.begin - kept).append(change.bytes);
      kept = change.end;
    }
    page_.bytes.append(text_.bytes(), kept);
    return std::move(page_);
  }

 private:
  void take_form(const PageForm& form) {
    std::vector<const Tag*> tags{&form.tag};
    for (const Tag& inner : form.inner) tags.push_back(&inner);
    bool formmail = false;
    for (const Tag* tag : tags) {
      const Attribute* action = tag->find("action");
      if (action == nullptr || !is_formmail_url(action->value)) continue;
      formmail = true;
      // An action by plain http would leave SSL at the moment that matters: judged as a style sheet is.
      take_url("action", *action, UrlUse::style_sheet);
    }
    if (!formmail) return;
    page_.has_form = true;
    for (const Control& control : form.controls) {
      const Attribute* value = control.tag.find("value");
      if (value == nullptr || control.tag.name != "input") continue;
      if (control.name == "_css_url_") take_url(control.name, *value, UrlUse::style_sheet);
      if (control.name == "_comp_return_url_") take_url(control.name, *value, UrlUse::link);
    }
  }

  void take_url(const std::string& what, const Attribute& attribute, UrlUse use) {
    const std::size_t blanks =
        std::min(attribute.value.find_first_not_of(" \t\r\n\f"), attribute.value.size());
    const std::string_view url = std::string_view(attribute.value).substr(blanks);
    const bool relative = !is_absolute(url) && !url.starts_with('/') && !url.starts_with('\\');
    if (url.empty() || relative) return;
    const SiteUrl ruled = site_url(url, use, scope_);
    if (ruled.url.empty()) {
      page_.places.push_back({attribute.begin, what, attribute.value, "", ruled.refusal});
      return;
    }
    // Done already, or as the rule leaves it.
    if (url == prefix_ || url.starts_with(prefix_ + "/")) return;
    const std::size_t origin = is_absolute(url) ? origin_length(url) : 0;
    if (origin > 0 && !ruled.url.starts_with('/')) return;
    replace(what, attribute, blanks, origin, ruled.url);
  }

  /// Puts the prefix in place of the `origin` bytes behind `blanks`, in the page's own bytes; or, where those
  /// can't be told apart, the whole ruled URL.
  void replace(const std::string& what, const Attribute& attribute, std::size_t blanks, std::size_t origin,
               const std::string& ruled) {
    const std::string raw = text_.bytes().substr(attribute.begin, attribute.end - attribute.begin);
    const std::string tail = attribute.value.substr(blanks + origin);
    const std::string url = prefix_ + (tail.starts_with('/') ? "" : "/") + tail;
    const std::size_t head = blanks + origin;
    const bool head_is_plain = raw.substr(0, head) == attribute.value.substr(0, head);
    if (head_is_plain && site_url(url, UrlUse::style_sheet, scope_).url == ruled) {
      const std::string inserted = url.substr(0, url.size() - tail.size());
      changes_.push_back({attribute.begin + blanks, attribute.begin + head, inserted});
      page_.places.push_back({attribute.begin, what, attribute.value, url, ""});
      return;
    }
    std::string bytes = html_escape(ruled);  // ASCII
    if (attribute.quote == 0) bytes.insert(0, 1, '"').append(1, '"');
    changes_.push_back({attribute.begin, attribute.end, bytes});
    page_.places.push_back({attribute.begin, what, attribute.value, ruled, ""});
  }

  const PageText& text_;
  const UrlScope& scope_;
  const std::string prefix_;
  RewrittenPage page_;
  std::vector<Change> changes_;
};

}  // namespace

RewrittenPage rewrite_page(const PageText& text, const UrlScope& scope) {
  return Rewriter(text, scope).rewrite();
}

}  // namespace formmail
