#include <string>
#include <vector>

#include "cgi-bin/html/page_text.h"
#include "cgi-bin/html/tag.h"
#include "cgi-bin/html/tag_scanner.h"
#include "mail/charset.h"
#include "mail/utf8.h"

using formmail::PageText;
using formmail::read_tag;
using formmail::Tag;
using formmail::TagPlace;
using formmail::TagScanner;

namespace {

std::vector<std::string> tags_of(const std::string& html) {
  TagScanner scanner(html);
  std::vector<std::string> names;
  while (std::optional<TagPlace> tag = scanner.next()) names.push_back((tag->closing ? "/" : "") + tag->name);
  return names;
}

using Names = std::vector<std::string>;

Tag first_tag(const PageText& page) {
  TagScanner scanner(page.markup());
  return read_tag(page, scanner.next().value());
}

}  // namespace

TEST_CASE("tags are found where browsers find them") {
  CHECK(tags_of("<P>a<br>b</P>") == Names{"p", "br", "/p"});
  CHECK(tags_of("1 < 2 <3 <- < p>") == Names{});
  CHECK(tags_of("<a title='>'><b title=\">\"><i title=>x") == Names{"a", "b", "i"});
  CHECK(tags_of("<a =\">x\"y>") == Names{"a"});
  CHECK(tags_of("<a b'>'>") == Names{"a"});
  CHECK(tags_of("<input/><br/ ><x/y=1/>") == Names{"input", "br", "x"});
  CHECK(tags_of("<p><a href=") == Names{"p"});
  CHECK(tags_of("<p><a href=\"x>y</a>") == Names{"p"});
}

TEST_CASE("comments, declarations and raw text hold no tags") {
  CHECK(tags_of("<!-- <form> --><p>") == Names{"p"});
  CHECK(tags_of("<!--><p>--><i>") == Names{"p", "i"});
  CHECK(tags_of("<!---><p>") == Names{"p"});
  CHECK(tags_of("<!-- a --!><p>") == Names{"p"});
  CHECK(tags_of("<!-- a -- > <form> ---><p>") == Names{"p"});
  CHECK(tags_of("<!-- never closed <p>") == Names{});
  CHECK(tags_of("<!DOCTYPE html><?xml version='1.0'?><p></ x><![if !IE]><b><![endif]>") == Names{"p", "b"});
  CHECK(tags_of("<textarea><form></textarea ><p>") == Names{"textarea", "/textarea", "p"});
  CHECK(tags_of("<title><form></titles></TITLE><p>") == Names{"title", "/title", "p"});
  CHECK(tags_of("<noscript><form></noscript>") == Names{"noscript", "form", "/noscript"});
  CHECK(tags_of("<plaintext><form>") == Names{"plaintext"});
}

TEST_CASE("scripts end as in browsers") {
  CHECK(tags_of("<script>document.write('<form>')</script><p>") == Names{"script", "/script", "p"});
  CHECK(tags_of("<script><!--\n'<form>'\n//--></script><p>") == Names{"script", "/script", "p"});
  CHECK(tags_of("<script><!-- '<script></script><form>' --></script><p>") == Names{"script", "/script", "p"});
  CHECK(tags_of("<script><!--> '<script></script><p>") == Names{"script", "/script", "p"});
}

TEST_CASE("attributes have their place in the page, whatever their quotes") {
  const std::string html = "<INPUT Type=hidden NAME='_css_url_' value = \"/a&amp;b\" checked x=/y/>";
  const PageText page(html, "utf-8");
  const Tag tag = first_tag(page);
  CHECK(tag.value("type") == "hidden");
  CHECK(tag.value("name") == "_css_url_");
  CHECK(tag.value("value") == "/a&b");
  CHECK(tag.value("x") == "/y/");
  const auto raw = [&](const char* name) {
    const formmail::Attribute& attribute = *tag.find(name);
    return html.substr(attribute.begin, attribute.end - attribute.begin);
  };
  CHECK(raw("value") == "/a&amp;b");
  CHECK(raw("type") == "hidden");
  CHECK(raw("name") == "_css_url_");
  CHECK(raw("x") == "/y/");
  CHECK(tag.find("value")->quote == '"');
  CHECK(tag.find("name")->quote == '\'');
  CHECK(tag.find("type")->quote == 0);
  CHECK(tag.find("checked")->begin == tag.find("checked")->end);
}

TEST_CASE("bytes of Japanese characters are no markup") {
  struct Page {
    const char* charset;
    std::string before;  // ends where an attribute's value ends in a character with an ASCII byte
  };
  const std::vector<Page> pages = {{"shift_jis", "\x95\x5c"},               // 表: second byte 5C
                                   {"shift_jis", "\x83\x5c\xb1"},           // ソｱ
                                   {"iso-2022-jp", "\x1b$B!<\"!>!\x1b(B"},  // holds 3C, 22, 3E
                                   {"euc-jp", "\xc9\xbd"},
                                   {"gbk", "\x81\x5c\x81\x30\x81\x30"},
                                   {"utf-8", "\xe8\xa1\xa8"}};
  for (const Page& given : pages) {
    CAPTURE(given.charset);
    const PageText page("<input title=\"" + given.before + "\" value=\"/x\"><p>", given.charset);
    TagScanner scanner(page.markup());
    const Tag tag = read_tag(page, scanner.next().value());
    CHECK(tag.value("value") == "/x");
    CHECK(page.bytes().substr(tag.find("value")->begin, 2) == "/x");
    CHECK(scanner.next()->name == "p");
  }
}

TEST_CASE("every character of a Japanese charset is blotted out whole") {
  for (const std::string charset : {"shift_jis", "euc-jp", "gbk", "utf-8"}) {
    for (char32_t c = 0xA0; c < 0x10000; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string utf8;
      mail::append_utf8(utf8, c);
      const std::optional<std::string> bytes = mail::from_utf8(utf8, charset);
      if (!bytes || bytes->size() == 1) continue;
      const std::string expected = "<" + std::string(bytes->size(), PageText::kOther) + ">";
      if (PageText("<" + *bytes + ">", charset).markup() != expected) FAIL_CHECK(charset << " " << utf8);
    }
  }
}

TEST_CASE("values are read in the page's charset") {
  const PageText sjis("<input value=\x95\x5c\x8e\xa6 name=\"\x91\xbe&eacute;\">", "Shift_JIS");
  CHECK(first_tag(sjis).value("value") == "表示");
  CHECK(first_tag(sjis).value("name") == "太é");
  const PageText jis("<input value=\"\x1b$BBgIa\x1b(B:required\">", "iso-2022-jp");
  CHECK(first_tag(jis).value("value") == "大普:required");
}

TEST_CASE("half a character before markup leaves the markup standing") {
  const PageText page("<input title=\"\x83\"><p>", "shift_jis");
  TagScanner scanner(page.markup());
  CHECK(scanner.next()->name == "input");
  CHECK(scanner.next()->name == "p");
  REQUIRE(page.first_misfit());
  CHECK(*page.first_misfit() == 14);
  CHECK(page.utf8(14, 15) == "\xEF\xBF\xBD");
}

TEST_CASE("lines are counted by any line end") {
  const PageText page("a\nb\r\nc\rd", "utf-8");
  CHECK(page.line(0) == 1);
  CHECK(page.line(2) == 2);
  CHECK(page.line(5) == 3);
  CHECK(page.line(7) == 4);
}

TEST_CASE("a tag with too many attributes is left unread") {
  std::string html = "<input";
  for (int i = 0; i < 300; ++i) html += " a" + std::to_string(i);
  CHECK(first_tag(PageText(html + ">", "utf-8")).attributes.empty());
}
