"""The one rule for every URL from a page: what it becomes on the site's own host and on the shared-SSL host, or that it is
refused. Each row through the real program, as a style sheet and as the link back."""
from harness import *
from harness.web_form import *

NAME = "/www.customer.example"
OWN_PAGE = "http://www.customer.example/form/a.html"
SHARED_PAGE = "https://ssl.hoster.example/www.customer.example/form/a.html"

# given, what a path becomes on the own host; behind the prefix it is the same on the shared-SSL host
PATHS = [
    ("/path", "/path"),
    ("/", "/"),
    ("/FormMail/Contact/default.css", "/FormMail/Contact/default.css"),
    ("  /a.css \r\n", "/a.css"),
    ("/a b.css", "/a%20b.css"),
    ("/日本.css", "/%E6%97%A5%E6%9C%AC.css"),
    ("/%e6%97%a5.css", "/%E6%97%A5.css"),
    ("/%7Euser/%61.css", "/~user/a.css"),
    ("/%A5%D5%A5%A9.css", "/%A5%D5%A5%A9.css"),  # a name in EUC-JP
    ("/50%25off.css", "/50%25off.css"),
    ("/100%25.css", "/100%25.css"),
    ("/a/./b", "/a/b"),
    ("/a/b/../c", "/a/c"),
    ("/a/b/..", "/a/"),
    ("/a/.", "/a/"),
    ("/a//b", "/a//b"),
    ("/a;v=1/x.css;w", "/a;v=1/x.css;w"),
    ("/x?a=1&b=2#c", "/x?a=1&b=2#c"),
    ("/x?u=http://evil.example/", "/x?u=http://evil.example/"),
    ("/x?../../y#/../z", "/x?../../y#/../z"),
    ("/x.css\"><script>", "/x.css%22%3E%3Cscript%3E"),
    ("/a?\"'", "/a?%22'"),
    ("/v1.2/style.css", "/v1.2/style.css"),
    ("/jquery.ui/style.css", "/jquery.ui/style.css"),
    ("/jquery.min.js", "/jquery.min.js"),
    ("/customer.example/x", "/customer.example/x"),
    ("/x/www.other.example/y", "/x/www.other.example/y"),
    (NAME + "/path", "/path"),
    (NAME + "/", "/"),
    (NAME, "/"),
    (NAME + "?x#y", "/?x#y"),
    (NAME + "/../x", "/x"),
    ("/%77ww.customer.example/x", "/x"),
    ("/." + NAME + "/x", "/x"),
    ("/a/.." + NAME + "/x", "/x"),
    # relative to the posting page
    ("thanks.html", "/form/thanks.html"),
    ("./x.css", "/form/x.css"),
    ("../x.css", "/x.css"),
    ("../a/../b", "/b"),
    ("%2e%2e/x", "/x"),
    ("./a:b", "/form/a:b"),
    ("?x=1", "/form/a.html?x=1"),
    ("#x", "/form/a.html#x"),
    (".", "/form/"),
    ("日本.css", "/form/%E6%97%A5%E6%9C%AC.css"),
    ("..%s/x" % NAME, "/x"),
]

# given, what it is on both hosts as a link; the path that a style sheet gets behind the prefix on the shared-SSL host
OWN_HOSTS = [
    ("http://www.customer.example/path", "http://www.customer.example/path", "/path"),
    ("https://www.customer.example/path", "https://www.customer.example/path", "/path"),
    ("http://customer.example/path?x#y", "http://customer.example/path?x#y", "/path?x#y"),
    ("HTTP://WWW.Customer.Example/Path", "http://www.customer.example/Path", "/Path"),
    ("http://www.customer.example", "http://www.customer.example/", "/"),
    ("http://www.customer.example?x", "http://www.customer.example/?x", "/?x"),
    ("http://www.customer.example./x", "http://www.customer.example/x", "/x"),
    ("http://www.customer.example:80/x", "http://www.customer.example/x", "/x"),
    ("http://www.customer.example:/x", "http://www.customer.example/x", "/x"),
    ("https://www.customer.example:443/x", "https://www.customer.example/x", "/x"),
    ("http://www.customer.example:443/x", "http://www.customer.example:443/x", "/x"),
    ("http://www.customer.example:8080/x", "http://www.customer.example:8080/x", "/x"),
    ("http://www.customer.example/a/../@x", "http://www.customer.example/@x", "/@x"),
    ("http://www.customer.example/http://evil.example/", "http://www.customer.example/http://evil.example/", "/http://evil.example/"),
    ("http://www.customer.example/www.other.example/x", "http://www.customer.example/www.other.example/x", "/www.other.example/x"),
    ("http://例え.jp/x", "http://xn--r8jz45g.jp/x", "/x"),
    ("http://例え。jp/x", "http://xn--r8jz45g.jp/x", "/x"),
    ("http://XN--R8JZ45G.jp/x", "http://xn--r8jz45g.jp/x", "/x"),
    ("http://ｗｗｗ.customer.example/x", "http://www.customer.example/x", "/x"),
]

SHARED_HOSTS = [  # given, what it is everywhere
    ("https://ssl.hoster.example/www.customer.example/x", "https://ssl.hoster.example/www.customer.example/x"),
    ("HTTPS://SSL.Hoster.Example:443/www.customer.example/x?y", "https://ssl.hoster.example/www.customer.example/x?y"),
    ("https://ssl.hoster.example/www.customer.example", "https://ssl.hoster.example/www.customer.example"),
    ("https://ssl.hoster.example/a/../www.customer.example/x", "https://ssl.hoster.example/www.customer.example/x"),
]

REFUSED = [
    # another host
    "http://evil.example/", "http://evil.example/www.customer.example/", "http://evil.example#www.customer.example",
    "https://www.customer.example.evil.example/", "http://evilwww.customer.example/", "http://sub.www.customer.example/",
    "http://www.customer.example../", "http://例え.テスト/", "http://www.customer.example。evil.example/", "http://127.0.0.1/",
    "http://[::1]/", "http://[::1/", "http://2130706433/", "http://", "http:///x", "http:", "http:///www.customer.example/x",
    "http://www%2ecustomer.example/", "http://www.customer.example%2eevil.example/", "http://www.customer.example:x/",
    "http://www.customer.example:80:80/", "http://ssl.hoster.example.evil.example/www.customer.example/",
    # a host that only a browser sees
    "//evil.example/", "//www.customer.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example", "\\/evil.example",
    "/.//evil.example/", "/a/..//evil.example/", "/%2f/evil.example", "/%2fevil.example", "/%5cevil.example", "..//evil.example/",
    "http:\\\\evil.example", "http:evil.example", "http:/evil.example", "http:www.customer.example/x", "http:/www.customer.example/x",
    "http://www.customer.example//evil.example/", NAME + "//evil.example/", NAME + "/.//evil.example/", NAME + "/%2fevil.example/",
    # user@host
    "http://u@www.customer.example/", "http://u:p@www.customer.example/", "http://@www.customer.example/",
    "http://www.customer.example@evil.example/", "http://www.customer.example%40evil.example/", "http://www.customer.example\\@evil.example/",
    "https://ssl.hoster.example\\@evil.example/", "https://u@ssl.hoster.example/www.customer.example/x",
    # backslashes and control characters
    "/a\\b", "/x?a\\b", "/a%5cb", "/x\0.css", "/x\x01.css", "/x\x7f.css", "/x\t.css", "/x\n.css", "/\r\n/evil.example", "/\t/evil.example",
    "\x0c/x.css", "/x\x85.css", "/x\u2028.css", "/x\u202e.css", "/x%00", "/x%0d%0aSet-Cookie:x", "/x%7f", "http://www.customer\t.example/",
    # schemes
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    "\x01javascript:alert(1)", "javascript%3aalert(1)", "javascript%3Aalert(1)", "%6aavascript:alert(1)", "javascript://www.customer.example/%0aalert(1)",
    "data:text/css,*{}", "data%3atext/css,x", "vbscript:x", "ftp://www.customer.example/", "file:///etc/passwd", "mailto:a@b.example",
    "blob:http://www.customer.example/x", "view-source:http://www.customer.example/", "about:blank", "a:b",
    # .. that leaves the root
    "/../x", "/a/../../x", "/%2e%2e/x", "/%2E%2e/%2e./x", "/.%2e/x", "/a/%2e%2e/%2e%2e/x", "/a%2f..%2f..%2fx", "..%2f..%2fx", "../../x.css",
    NAME + "/../../x", "http://www.customer.example/../x", "http://www.customer.example/%2e%2e/x", "/..;/www.other.example/x", "/a/..;x/b",
    # escaped twice, overlong, cut
    "/a%252e%252e/x", "/%252e%252e/x", "/%25%32%65/x", "/%252f/x", "/%c0%ae%c0%ae/x", "/%c0%af/x", "/%c1%9c", "/a%zz", "/a%", "/a%4",
    # longer than a header field may be
    "/" + "x" * 2000, "/" + "あ" * 300, "/" + "a/../" * 1000,
    # another customer's prefix
    "/www.other.example/x", "/www.other.example", "/www.other.example?x", "/%77ww.other.example/x", "/www.OTHER.example/x",
    "/www.other.example./x", "/www.other.example;x/y", "/other/x", "/other", "/%6fther/x", "../www.other.example/x",
    NAME + "/../www.other.example/x", NAME + "/%2e%2e/www.other.example/x", NAME + "%2f..%2fwww.other.example/x", NAME + ".evil/x",
    NAME + "evil/x", "/WWW.CUSTOMER.EXAMPLE/x", "https://ssl.hoster.example/www.other.example/x", "https://ssl.hoster.example/x",
    "https://ssl.hoster.example/", "https://ssl.hoster.example", "https://ssl.hoster.example/WWW.customer.example/x",
    "https://ssl.hoster.example/www.customer.example.evil/", "https://ssl.hoster.example/www.customer.example//x",
    "https://ssl.hoster.example/www.customer.example/../www.other.example/", "http://ssl.hoster.example/www.customer.example/x",
]

# the posting page, what "x.css" is then on the site; None: refused
PAGES = [
    ("http://www.customer.example/form/a.html", "/form/x.css"),
    ("https://customer.example/form/", "/form/x.css"),
    ("http://www.customer.example/form", "/x.css"),
    ("http://www.customer.example", "/x.css"),
    ("http://www.customer.example/", "/x.css"),
    ("http://www.customer.example:8080/form/a", "/form/x.css"),
    ("http://www.customer.example/form/?q=/a/b#/c/", "/form/x.css"),
    ("http://www.customer.example/a/../form/a", "/form/x.css"),
    ("https://ssl.hoster.example/www.customer.example/form/a", "/form/x.css"),
    ("https://ssl.hoster.example/www.customer.example", "/x.css"),
    ("https://ssl.hoster.example/", None),
    ("https://ssl.hoster.example", None),
    ("http://www.other.example/form/a", None),
    ("http://evil.example/form/a", None),
    ("http://www.customer.example@evil.example/form/a", None),
    ("about:blank", None),
    ("/form/a.html", None),
    ("http://www.customer.example/" + "x" * 3000 + "/a", None),
    ("", None),
]


class Urls(WebFormTest):
    def setUp(self):
        super().setUp()
        write_site(self.formmail.sites, hosts=("www.customer.example", "customer.example", "例え.jp"), profiles=PROFILES)
        write_site(self.formmail.sites, "other", ["other.example"], sender="f@other.example", profiles=PROFILES)

    def page(self, url, browser, path, page):
        """(style sheet, link back) of the completion page; None for what isn't there."""
        answer = self.post(("_css_url_", url), ("_comp_return_url_", url), browser=browser, path=path, headers={"Referer": page})
        self.assertEqual(answer.status, 200, answer.text)
        self.assertNotEqual("<style>" in answer.text, bool(answer.styles))  # one of the two, never both
        return tuple(found[0] if found else None for found in (answer.styles, answer.links))

    def on_own_host(self, url, page=OWN_PAGE):
        return self.page(url, self.own, OWN, page)

    def on_shared_host(self, url, page=SHARED_PAGE):
        return self.page(url, self.shared, SHARED, page)

    def test_paths(self):
        for given, path in PATHS:
            with self.subTest(given=given):
                self.assertEqual(self.on_own_host(given), (path, path))
                self.assertEqual(self.on_shared_host(given), (NAME + path, NAME + path))

    def test_urls_of_the_own_hosts(self):
        for given, url, path in OWN_HOSTS:
            with self.subTest(given=given):
                self.assertEqual(self.on_own_host(given), (url, url))
                self.assertEqual(self.on_shared_host(given), (NAME + path, url))

    def test_urls_of_the_shared_host(self):
        for given, url in SHARED_HOSTS:
            with self.subTest(given=given):
                self.assertEqual(self.on_own_host(given), (url, url))
                self.assertEqual(self.on_shared_host(given), (url, url))

    def test_what_is_refused_makes_no_link_and_is_logged(self):
        for given in REFUSED:
            with self.subTest(given=given):
                for judge, browser in ((self.on_own_host, self.own), (self.on_shared_host, self.shared)):
                    self.assertEqual(judge(given), (None, None))
                    for field in ("_css_url_", "_comp_return_url_"):
                        self.assertRegex(browser.errors, rf"url-refused .*{field}.* reason=")

    def test_relative_to_each_posting_page(self):
        for page, path in PAGES:
            with self.subTest(page=page[:100]):
                self.assertEqual(self.on_own_host("x.css", page), (path, path))
                self.assertEqual(self.on_shared_host("x.css", page), (path and NAME + path, path and NAME + path))

    def test_another_customers_page_on_the_shared_host(self):
        page = self.post(("_css_url_", "x.css"), browser=self.shared, path=SHARED,
                         headers={"Referer": "https://ssl.hoster.example/www.other.example/form/a.html"})
        self.assertEqual((page.status, page.styles), (403, []))

    def test_blanks_alone_are_no_url(self):
        for blank in ("", " ", "\r\n", "\u3000"):
            self.assertEqual(self.on_own_host(blank), (None, None))
            self.assertNotIn("url-refused", self.own.errors)

    def test_all_pages_of_one_form_have_the_same_urls(self):
        for browser, path, page, prefix in ((self.own, OWN, OWN_PAGE, ""), (self.shared, SHARED, SHARED_PAGE, NAME)):
            urls = (("_css_url_", "../x.css"), ("_comp_return_url_", "thanks.html"))
            confirm = self.post(*urls, browser=browser, path=path, confirm=True, headers={"Referer": page})
            again = browser.submit(confirm, "_edit_")
            sent = browser.submit(browser.submit(again))
            for answer in (confirm, again, sent):
                self.assertEqual(answer.styles, [prefix + "/x.css"])
            self.assertEqual(sent.links, [prefix + "/form/thanks.html"])

    def test_the_policy_lets_only_the_pages_own_style_sheet_in(self):
        def policy(url, browser=self.own, path=OWN):
            return self.post(("_css_url_", url), browser=browser, path=path).headers["Content-Security-Policy"]
        self.assertIn("style-src www.customer.example/x.css;", policy("/x.css?y#z"))
        self.assertIn("style-src ssl.hoster.example/www.customer.example/x.css;", policy("/x.css", self.shared, SHARED))
        self.assertIn("style-src http://customer.example/x%3By%2Cz.css;", policy("http://customer.example/x;y,z.css"))
        for refused in ("", "http://evil.example/x.css"):
            self.assertRegex(policy(refused), r"style-src 'sha256-[^']+';")


class Addresses(WebFormTest):
    """Under which address the program was asked."""

    def test_pages_post_back_to_the_address_that_was_used(self):
        self.assertEqual(self.post(confirm=True).forms[0].action, OWN)
        page = self.post(confirm=True, browser=self.shared, path=SHARED)
        self.assertEqual(page.forms[0].action, SHARED)
        self.assertEqual(self.shared.submit(page).status, 200)

    def test_addresses_as_web_servers_give_them(self):
        for env in ({"REQUEST_URI": "", "SCRIPT_NAME": SHARED}, {"REQUEST_URI": "", "SCRIPT_NAME": "", "PATH_INFO": SHARED},
                    {"REQUEST_URI": "https://ssl.hoster.example" + SHARED, "SCRIPT_NAME": OWN},
                    {"REQUEST_URI": SHARED + "?x=1", "SCRIPT_NAME": OWN}, {"REQUEST_URI": OWN, "SCRIPT_NAME": SHARED},
                    {"SCRIPT_NAME": "/www.customer.example", "PATH_INFO": OWN}, {"REQUEST_URI": "/" + SHARED}):
            with self.subTest(env=env):
                browser = Cgi(self.formmail, SHARED_HOST, tls=True, env=env)
                self.assertEqual(self.post(browser=browser, path=SHARED).status, 200)
                self.assertTrue(self.post(browser=browser, path=SHARED, confirm=True).forms[0].action.startswith("/w" if OWN != env.get("REQUEST_URI") else "/f"))


if __name__ == "__main__":
    main()
