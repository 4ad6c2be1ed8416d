#include "scanner/treatment/notice.h"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "mail/mime/ascii.h"
#include "mail/mime/character_length.h"

namespace scanner {

namespace {

std::string block(const std::string& text_template, const kainjow::mustache::data& values) {
  kainjow::mustache::mustache view(text_template);
  // HTML is escaped as a whole, later; plain text is not.
  view.set_custom_escape([](const std::string& text) { return text; });
  std::string text = view.render(values);
  while (!text.empty() && mail::is_line_space(text.back())) text.pop_back();
  return text;
}

std::string block(const Finding& finding, const NoticeTemplates& templates) {
  kainjow::mustache::data values;
  values.set("virus", finding.virus);
  values.set("file", finding.file);
  return block(finding.action == Action::clean ? templates.clean : templates.remove, values);
}

std::string block(const UnscannableFile& unscannable, const NoticeTemplates& templates) {
  kainjow::mustache::data values;
  values.set("reason", unscannable.reason);
  values.set("file", unscannable.file);
  return block(templates.unscannable, values);
}

// The end of the tag that begins at `at`: after its '>'. A '>' in quotes is none.
std::size_t tag_end(std::string_view html, std::size_t at) {
  char quote = '\0';
  for (; at < html.size(); ++at) {
    const char c = html[at];
    if (html.substr(at).starts_with("\x1b$")) {
      // Two-byte characters of ISO-2022 have bytes that look like '>'.
      at = std::min(html.find("\x1b(", at), html.size() - 1);
      continue;
    }
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

bool is_tag(std::string_view html, std::string_view name) {
  if (html.size() <= name.size() + 1 || !mail::same_word(html.substr(1, name.size()), name)) return false;
  const char after = html[name.size() + 1];
  return mail::is_line_space(after) || after == '>' || after == '/';
}

// The first '<' at or after `at` that is ASCII, not half of a two-byte character.
class TagFinder {
 public:
  TagFinder(std::string_view html, std::string_view charset) : html_(html), walk_(charset) {
    shifts_ = html.find('\x1b') != std::string_view::npos;
  }

  std::size_t next(std::size_t from) {
    if (!shifts_) return html_.find('<', from);
    while (at_ < html_.size()) {
      const bool found = at_ >= from && html_[at_] == '<' && !walk_.shifted();
      const std::size_t here = at_;
      at_ += walk_.next(html_.substr(at_));
      if (found) return here;
    }
    return std::string_view::npos;
  }

 private:
  std::string_view html_;
  mail::CharacterWalk walk_;
  bool shifts_;
  std::size_t at_ = 0;
};

// Where the text goes on after a comment or an element whose content is no markup; `at` itself if it is
// neither. One that never ends is no reason to look no further.
std::size_t after_opaque(std::string_view html, std::size_t at) {
  const std::string_view rest = html.substr(at);
  if (rest.starts_with("<!--")) {
    const auto end = html.find("-->", at + 4);
    return end == std::string_view::npos ? at : end + 3;
  }
  for (const std::string_view name : {"script", "style", "title", "textarea"}) {
    if (!is_tag(rest, name)) continue;
    const auto end = mail::find_word(html, "</" + std::string(name), at);
    return end == std::string_view::npos ? at : end;
  }
  return at;
}

}  // namespace

std::string notice_text(const std::vector<Finding>& findings, const std::vector<UnscannableFile>& unscannable,
                        const NoticeTemplates& templates) {
  std::string text;
  for (const Finding& finding : findings) text += block(finding, templates) + "\n\n";
  for (const UnscannableFile& file : unscannable) text += block(file, templates) + "\n\n";
  return text;
}

std::string notice_html(std::string_view notice) {
  std::string html;
  for (const char c : notice) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '\n':
        html += "<br>\n";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::size_t notice_place_in_html(std::string_view html, std::string_view charset) {
  TagFinder tags(html, charset);
  // Each kind of opaque element is looked for to the end at most once without success.
  std::size_t at = tags.next(0);
  int unended = 0;
  constexpr int kMostUnended = 8;
  while (at != std::string_view::npos) {
    if (is_tag(html.substr(at), "body")) {
      const auto end = tag_end(html, at);
      return end == std::string_view::npos ? 0 : end;
    }
    const bool opaque = html.substr(at).starts_with("<!--") || is_tag(html.substr(at), "script") ||
                        is_tag(html.substr(at), "style") || is_tag(html.substr(at), "title") ||
                        is_tag(html.substr(at), "textarea");
    std::size_t after = at;
    if (opaque && unended < kMostUnended) {
      after = after_opaque(html, at);
      if (after == at) ++unended;
    }
    at = tags.next(after == at ? at + 1 : after);
  }
  return 0;
}

}  // namespace scanner
