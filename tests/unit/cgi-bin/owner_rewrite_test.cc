#include "cgi-bin/owner/rewrite.h"

#include <string>
#include <vector>

#include "cgi-bin/html/page_charset.h"

using formmail::PageText;
using formmail::rewrite_page;
using formmail::RewrittenPage;

namespace {

const std::vector<std::string> kSiteHosts = {"www.customer.example", "customer.example"};
const std::vector<std::string> kSharedHosts = {"ssl.hoster.example"};

RewrittenPage rewritten(const std::string& page, const std::string& charset = "utf-8") {
  const formmail::UrlScope scope{
      "www.customer.example", kSiteHosts, kSharedHosts, true, "", [](std::string_view name) {
        return name == "www.customer.example" || name == "www.other.example";
      }};
  RewrittenPage result = rewrite_page(PageText(page, charset), scope);
  // Once more changes nothing.
  CHECK(rewrite_page(PageText(result.bytes, charset), scope).bytes == result.bytes);
  return result;
}

std::string field(const std::string& name, const std::string& value) {
  return "<input type=\"hidden\" name=\"" + name + "\" value=\"" + value + "\">";
}

std::string form(const std::string& inner, const std::string& action = "/freecgi/FormMail/index.cgi") {
  return "<form method=\"post\" action=\"" + action + "\">" + inner + "</form>";
}

const std::string kRewritten = "/www.customer.example/freecgi/FormMail/index.cgi";

std::string rewritten_value(const std::string& name, const std::string& value) {
  const std::string bytes = rewritten(form(field(name, value))).bytes;
  const std::string head = "<form method=\"post\" action=\"" + kRewritten + "\">";
  CHECK(bytes.starts_with(head));
  const std::string open = "<input type=\"hidden\" name=\"" + name + "\" value=\"";
  const std::size_t begin = head.size() + open.size();
  return bytes.substr(begin, bytes.find('"', begin) - begin);
}

}  // namespace

TEST_CASE("the three places of the FAQ, and nothing else") {
  const std::string page =
      "<html>\r\n<form method=\"post\" action=\"/freecgi/FormMail/index.cgi\">\r\n"
      "<input type=\"hidden\" name=\"_css_url_\" value=\"/FormMail/Contact/default.css\">\r\n"
      "<input type=\"hidden\" name=\"_comp_return_url_\" value=\"/index.html\">\r\n"
      "<a href=\"/index.html\">x</a><img src=\"/a.gif\">\r\n"
      "<input type=\"hidden\" name=\"_other_url_\" value=\"/index.html\"></form>\n";
  const std::string expected =
      "<html>\r\n<form method=\"post\" action=\"/www.customer.example/freecgi/FormMail/index.cgi\">\r\n"
      "<input type=\"hidden\" name=\"_css_url_\" "
      "value=\"/www.customer.example/FormMail/Contact/default.css\">\r\n"
      "<input type=\"hidden\" name=\"_comp_return_url_\" value=\"/www.customer.example/index.html\">\r\n"
      "<a href=\"/index.html\">x</a><img src=\"/a.gif\">\r\n"
      "<input type=\"hidden\" name=\"_other_url_\" value=\"/index.html\"></form>\n";
  const RewrittenPage result = rewritten(page);
  CHECK(result.bytes == expected);
  CHECK(result.has_form);
  CHECK(result.places.size() == 3);
}

TEST_CASE("URLs follow the one rule of formmail") {
  CHECK(rewritten_value("_comp_return_url_", "/") == "/www.customer.example/");
  CHECK(rewritten_value("_comp_return_url_", "/www.customer.example/a") == "/www.customer.example/a");
  CHECK(rewritten_value("_comp_return_url_", "/www.customer.example") == "/www.customer.example");
  CHECK(rewritten_value("_comp_return_url_", "http://www.customer.example/") ==
        "http://www.customer.example/");
  CHECK(rewritten_value("_comp_return_url_", "https://ssl.hoster.example/www.customer.example/x") ==
        "https://ssl.hoster.example/www.customer.example/x");
  CHECK(rewritten_value("_comp_return_url_", "thanks.html") == "thanks.html");
  CHECK(rewritten_value("_comp_return_url_", "../a/thanks.html") == "../a/thanks.html");
  CHECK(rewritten_value("_comp_return_url_", "/a?b=1&amp;c=%41#d") ==
        "/www.customer.example/a?b=1&amp;c=%41#d");
  CHECK(rewritten_value("_comp_return_url_", " /a") == " /www.customer.example/a");
  CHECK(rewritten_value("_comp_return_url_", "&#x2F;a") == "/www.customer.example&#x2F;a");
  CHECK(rewritten_value("_css_url_", "http://www.customer.example/a.css") == "/www.customer.example/a.css");
  CHECK(rewritten_value("_css_url_", "HTTP://Customer.example:80/a.css?v=1") ==
        "/www.customer.example/a.css?v=1");
  CHECK(rewritten_value("_css_url_", "http&#58;//www.customer.example/a.css") ==
        "/www.customer.example/a.css");
  CHECK(rewritten_value("_css_url_", "http://www.customer.example") == "/www.customer.example/");
  CHECK(rewritten_value("_css_url_", "") == "");
}

TEST_CASE("what formmail would refuse stays, and is told") {
  for (const char* url : {"//evil.example/x", "http://evil.example/x.css", "/www.other.example/x.css",
                          "/a\\b", "javascript:alert(1)", "/../../x", "\\\\evil\\x"}) {
    CAPTURE(url);
    CHECK(rewritten_value("_css_url_", url) == url);
    const RewrittenPage result = rewritten(form(field("_css_url_", url)));
    REQUIRE(result.places.size() == 2);
    CHECK(result.places[1].becomes.empty());
    CHECK_FALSE(result.places[1].refusal.empty());
  }
}

TEST_CASE("an action in any shape") {
  const auto action = [](const std::string& tag) { return rewritten(tag).bytes; };
  CHECK(action("<FORM ACTION=/freecgi/FormMail/index.cgi METHOD=POST>") ==
        "<FORM ACTION=/www.customer.example/freecgi/FormMail/index.cgi METHOD=POST>");
  CHECK(action("<form action = '/freecgi/FormMail/index.cgi'>") ==
        "<form action = '/www.customer.example/freecgi/FormMail/index.cgi'>");
  CHECK(action("<form\n action=\"http://www.customer.example/freecgi/FormMail/index.cgi\">") ==
        "<form\n action=\"/www.customer.example/freecgi/FormMail/index.cgi\">");
  for (const char* same : {"<form action=\"/search.cgi\">", "<form>", "<form action=>",
                           "<form action=\"../freecgi/FormMail/index.cgi\">",
                           "<form action=\"/www.customer.example/freecgi/FormMail/index.cgi\">",
                           "<form action=\"http://www.other.example/freecgi/FormMail/index.cgi\">"}) {
    CHECK(action(same) == same);
  }
}

TEST_CASE("a value without quotes that begins with a character reference") {
  CHECK(rewritten("<form action=&#47;freecgi/FormMail/index.cgi>").bytes ==
        "<form action=/www.customer.example&#47;freecgi/FormMail/index.cgi>");
  CHECK(rewritten(
            "<form action = &#x2f;&#x66;reecgi/FormMail/index.cgi><input value=&sol;a.css name=_css_url_>")
            .bytes ==
        "<form action = /www.customer.example&#x2f;&#x66;reecgi/FormMail/index.cgi>"
        "<input value=/www.customer.example&sol;a.css name=_css_url_>");
}

TEST_CASE("forms in comments and scripts, and other programs' forms, stay") {
  const std::string inner = form(field("_css_url_", "/x.css"));
  for (const std::string& page :
       {"<!-- " + inner + " -->", "<script>document.write('" + inner + "')</script>",
        "<textarea>" + inner + "</textarea>", form(field("_css_url_", "/x.css"), "/search.cgi"),
        field("_css_url_", "/x.css"), "<title>" + inner + "</title>"}) {
    CAPTURE(page);
    CHECK(rewritten(page).bytes == page);
  }
}

TEST_CASE("several forms a page, table layouts, a form that was not closed") {
  const std::string two = form(field("_css_url_", "/x.css")) +
                          form(field("_css_url_", "/x.css"), "/other.cgi") +
                          form(field("_comp_return_url_", "/"));
  CHECK(rewritten(two).bytes == form(field("_css_url_", "/www.customer.example/x.css"), kRewritten) +
                                    form(field("_css_url_", "/x.css"), "/other.cgi") +
                                    form(field("_comp_return_url_", "/www.customer.example/"), kRewritten));
  const std::string table = "<table><form action=/freecgi/FormMail/index.cgi><tr><td>" +
                            field("_css_url_", "/x.css") + "</td></tr></form></table>" +
                            field("_css_url_", "/y");
  CHECK(rewritten(table).bytes == "<table><form action=" + kRewritten + "><tr><td>" +
                                      field("_css_url_", "/www.customer.example/x.css") +
                                      "</td></tr></form></table>" + field("_css_url_", "/y"));
  const std::string unclosed =
      "<form action=/freecgi/FormMail/index.cgi><form action=/freecgi/FormMail/index.cgi>";
  CHECK(rewritten(unclosed).bytes == "<form action=" + kRewritten + "><form action=" + kRewritten + ">");
}

TEST_CASE("pages in Japanese charsets keep every other byte") {
  struct Page {
    const char* charset;
    std::string text;
  };
  const std::vector<Page> pages = {{"Shift_JIS", "\x95\x5c\x8e\xa6\x83\x5c"},
                                   {"ISO-2022-JP", "\x1b$B!<\"!>!'!\x1b(B"},
                                   {"EUC-JP", "\xc9\xbd\xbc\xa8\xa5\xbd"},
                                   {"UTF-8", "\xef\xbb\xbf表示"}};
  for (const Page& page : pages) {
    CAPTURE(page.charset);
    const std::string before = page.text + "<input title=\"" + page.text + "\">";
    const std::string after = field("_conf_title_", page.text) + page.text;
    const std::string url = "/" + page.text + ".css";
    CHECK(rewritten(before + form(field("_css_url_", "/a.css") + after), page.charset).bytes ==
          before + form(field("_css_url_", "/www.customer.example/a.css") + after, kRewritten));
    CHECK(rewritten(before + form(field("_css_url_", url) + after), page.charset).bytes ==
          before + form(field("_css_url_", "/www.customer.example" + url) + after, kRewritten));
  }
}

TEST_CASE("the charset of a page") {
  using formmail::charset_of_page;
  CHECK(charset_of_page("<meta charset=euc-jp>").label == "euc-jp");
  CHECK(charset_of_page("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; CHARSET=x-sjis'>").label ==
        "x-sjis");
  CHECK(charset_of_page("<meta http-equiv=content-type content=text/html;charset=Shift_JIS>").label ==
        "Shift_JIS");
  CHECK(charset_of_page("<meta name=x content='charset=euc-jp'>").declared.empty());
  CHECK(charset_of_page("<?xml version=\"1.0\" encoding=\"EUC-JP\"?><html>").label == "EUC-JP");
  CHECK(charset_of_page("\xef\xbb\xbf<meta charset=euc-jp>").label == "utf-8");
  CHECK(charset_of_page("\xef\xbb\xbf<meta charset=euc-jp>").declared == "euc-jp");
  CHECK(charset_of_page("<!-- <meta charset=euc-jp> -->\x8e\xc4\x96\xbc\x91\x4f\x82\xf0").label ==
        "shift_jis");
  CHECK(charset_of_page("<meta charset=\"nonsense\">\xe8\xa1\xa8").label == "utf-8");
  CHECK(formmail::is_wide(std::string("\xff\xfe<\0", 4)));
}
