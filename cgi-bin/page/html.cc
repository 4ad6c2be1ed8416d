#include "cgi-bin/page/html.h"

namespace formmail {

namespace {

std::string escape(std::string_view text, std::string_view line_break) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("&<>\"'\n"), text.size());
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    switch (text[plain]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += line_break;
    }
    text.remove_prefix(plain + 1);
  }
  return out;
}

}  // namespace

std::string html_escape(std::string_view text) { return escape(text, "\n"); }
std::string html_lines(std::string_view text) { return escape(text, "<br>\n"); }

}  // namespace formmail
