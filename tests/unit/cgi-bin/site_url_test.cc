#include "cgi-bin/form/site_url.h"

namespace {

using formmail::UrlUse;

/// Customer www.customer.example, next to www.other.example, on a machine with ssl.hoster.example.
class Scope {
 public:
  explicit Scope(bool shared, std::string page = "") : page_(std::move(page)), shared_(shared) {}
  std::string judge(std::string_view url, UrlUse use = UrlUse::link) const {
    return formmail::site_url(url, use, scope()).url;
  }
  std::string why(std::string_view url) const {
    return formmail::site_url(url, UrlUse::link, scope()).refusal;
  }

 private:
  formmail::UrlScope scope() const {
    return {"www.customer.example", hosts_, shared_hosts_, shared_, page_, [](std::string_view segment) {
              return segment == "www.customer.example" || segment == "www.other.example" ||
                     segment == "other";
            }};
  }
  std::vector<std::string> hosts_{"www.customer.example", "customer.example"};
  std::vector<std::string> shared_hosts_{"ssl.hoster.example"};
  std::string page_;
  bool shared_;
};

const Scope kOwn(false);
const Scope kShared(true);

}  // namespace

TEST_CASE("a path stays on the own host and gets the prefix on the shared one") {
  CHECK(kOwn.judge("/index.html") == "/index.html");
  CHECK(kShared.judge("/index.html") == "/www.customer.example/index.html");
  CHECK(kShared.judge("/FormMail/Contact/default.css", UrlUse::style_sheet) ==
        "/www.customer.example/FormMail/Contact/default.css");
  CHECK(kOwn.judge("/") == "/");
  CHECK(kShared.judge("/") == "/www.customer.example/");
  CHECK(kOwn.judge("  /a b.html ") == "/a%20b.html");
  CHECK(kOwn.judge("/日本.html") == "/%E6%97%A5%E6%9C%AC.html");
  CHECK(kOwn.judge("/a?x=1&y=\"<#z") == "/a?x=1&y=%22%3C#z");
}

TEST_CASE("a path with the site's prefix loses it on the own host and keeps it on the shared one") {
  CHECK(kOwn.judge("/www.customer.example/index.html") == "/index.html");
  CHECK(kShared.judge("/www.customer.example/index.html") == "/www.customer.example/index.html");
  CHECK(kOwn.judge("/www.customer.example") == "/");
  CHECK(kShared.judge("/www.customer.example/") == "/www.customer.example/");
}

TEST_CASE("a URL of the site's hosts stays, but a style sheet comes through the shared host") {
  for (const std::string url : {"http://www.customer.example/a", "https://customer.example/a"}) {
    CHECK(kOwn.judge(url) == url);
    CHECK(kShared.judge(url) == url);
    CHECK(kOwn.judge(url, UrlUse::style_sheet) == url);
    CHECK(kShared.judge(url, UrlUse::style_sheet) == "/www.customer.example/a");
  }
  CHECK(kOwn.judge("HTTP://WWW.Customer.Example") == "http://www.customer.example/");
  CHECK(kOwn.judge("http://www.customer.example:80/") == "http://www.customer.example/");
  CHECK(kOwn.judge("http://www.customer.example:8080/") == "http://www.customer.example:8080/");
}

TEST_CASE("a URL of the shared host stays if it has the site's prefix") {
  for (const Scope* scope : {&kOwn, &kShared}) {
    CHECK(scope->judge("https://ssl.hoster.example/www.customer.example/a") ==
          "https://ssl.hoster.example/www.customer.example/a");
    CHECK(scope->judge("https://ssl.hoster.example/www.other.example/a").empty());
    CHECK(scope->judge("https://ssl.hoster.example/").empty());
    CHECK(scope->judge("http://ssl.hoster.example/www.customer.example/a").empty());
    CHECK(scope->judge("https://ssl.hoster.example/www.customer.example/../www.other.example/").empty());
    CHECK(scope->judge("https://ssl.hoster.example/www.customer.example.evil/").empty());
  }
}

TEST_CASE("a relative URL is resolved against the posting page, if that is on the site") {
  const std::string own_page = "http://www.customer.example/contact/form.html";
  const std::string shared_page = "https://ssl.hoster.example/www.customer.example/contact/form.html";
  CHECK(Scope(false, own_page).judge("thanks.html") == "/contact/thanks.html");
  CHECK(Scope(false, own_page).judge("../index.html") == "/index.html");
  CHECK(Scope(false, own_page).judge("./a/../b") == "/contact/b");
  CHECK(Scope(false, own_page).judge("?x=1") == "/contact/form.html?x=1");
  CHECK(Scope(true, shared_page).judge("thanks.html") == "/www.customer.example/contact/thanks.html");
  CHECK(Scope(true, shared_page).judge("../thanks.html") == "/www.customer.example/thanks.html");
  CHECK(Scope(true, shared_page).judge("../../thanks.html").empty());
  CHECK(Scope(true, own_page).judge("thanks.html") == "/www.customer.example/contact/thanks.html");
  CHECK(Scope(false, shared_page).judge("thanks.html") == "/contact/thanks.html");
  CHECK(kOwn.judge("thanks.html").empty());
  CHECK(Scope(false, "http://evil.example/form.html").judge("thanks.html").empty());
  CHECK(Scope(true, "https://ssl.hoster.example/www.other.example/f.html").judge("thanks.html").empty());
}

TEST_CASE("everything else is refused") {
  const std::vector<std::string> urls = {
      "http://evil.example/",
      "https://www.customer.example.evil.example/",
      "http://www.customer.example@evil.example/",
      "http://user:password@www.customer.example/",
      "//evil.example/",
      "//www.customer.example/",
      "///evil.example/",
      "/\\evil.example/",
      "\\\\evil.example",
      "/a\\b",
      "http:\\\\evil.example",
      "http:evil.example",
      "http:/evil.example",
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "java\tscript:alert(1)",
      "java\nscript:alert(1)",
      "data:text/css,*{}",
      "vbscript:x",
      "ftp://www.customer.example/",
      "file:///etc/passwd",
      "/../x",
      "/a/../../x",
      "/%2e%2e/x",
      "/%2E%2e/%2e./x",
      "/a/%2e%2e/%2e%2e/x",
      "/a%2f..%2f..%2fx",
      "/a%5cb",
      "/a%00b",
      "/a%0d%0aSet-Cookie:x",
      "/a%252e%252e/x",
      "/a%zz",
      "/a%",
      "/%2f/evil.example",
      "/%2fevil.example",
      "/.//evil.example/",
      "/a/..//evil.example/",
      "/www.other.example/x.css",
      "/www.other.example",
      "/other/x.css",
      "/%6fther/x.css",
      "/www.customer.example/../www.other.example/x.css",
      "/www.customer.example/%2e%2e/www.other.example/x.css",
      "/www.customer.example.evil/x.css",
      "/www.customer.example//evil.example/",
      "http://www.customer.example:evil/",
      "http://[::1/",
      "http://",
      "http:///x",
      "http://www.customer.example%2eevil.example/",
      "http://www.customer.example\xE3\x80\x82"
      "evil.example/",
      "https://ssl.hoster.example\\@evil.example/",
      "a:b",
  };
  for (const Scope* scope : {&kOwn, &kShared}) {
    for (const std::string& url : urls) {
      INFO(url);
      CHECK(scope->judge(url).empty());
      CHECK(scope->judge(url, UrlUse::style_sheet).empty());
      CHECK_FALSE(scope->why(url).empty());
    }
  }
}

TEST_CASE("markup in a URL is escaped") {
  CHECK(kOwn.judge("/x.css\"><script>") == "/x.css%22%3E%3Cscript%3E");
  CHECK(kOwn.judge("/a?\"'") == "/a?%22'");
}

TEST_CASE("a folder with a dot is no customer's prefix") {
  CHECK(kOwn.judge("/v1.2/style.css") == "/v1.2/style.css");
  CHECK(kShared.judge("/jquery.ui/style.css") == "/www.customer.example/jquery.ui/style.css");
  CHECK(kOwn.judge("/jquery.min.js") == "/jquery.min.js");
}
