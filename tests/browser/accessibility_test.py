"""Every page, in both languages, on the narrowest phone: WCAG 2.2 AA by axe-core, and no scrolling sideways."""
from webdriver import Chromium

from harness import *
from harness.example_site import HTDOCS
from harness.readable import text_of

AXE = BUILD / "browser" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
WIDTH, WIDE = 320, 1280
# Of what is clicked, the label with its box as one; links in the running text are as high as their line.
SMALL = """return [...document.querySelectorAll('#errors a, .return a, form button, form input, form select, form textarea')]
    .map(e => e.labels?.[0]?.contains(e) ? e.labels[0] : e).filter(e => e.type !== 'hidden' && !e.closest('.leave'))
    .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""

EVERY_RULE = [("name", "required"), ("email", "required:email"), ("tel", "tel"), ("home", "url"), ("count", "number"),
              ("day", "date"), ("zip", "zip"), ("kana", "katakana"), ("hira", "hiragana"), ("few", "min=3:max=5"),
              ("again", "match=email"), ("comment", "max=2000"), ("data", "file=pdf,jpg")]
WRONG = {"email": "no address", "tel": "x", "home": "x", "count": "x", "day": "x", "zip": "x", "kana": "ab", "hira": "ab",
         "few": "a", "again": "b@visitor.example", "comment": "長い行" * 60 + "a" * 300}


class PagesTest(ServerTest):
    settings = None

    def setUp(self):
        super().setUp()
        self.site = ExampleSite(self.start, self.folder, formmail_settings=self.settings)
        self.browser = self.start(Chromium(self.folder, {"www.customer.example:80": self.site.web.port}))
        self.browser.set_viewport(WIDTH, 640, mobile=True)

    def assert_accessible(self, what):
        for width, mobile in ((WIDE, False), (WIDTH, True)):
            self.browser.set_viewport(width, 640, mobile=mobile)
            self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), width, f"{what} scrolls sideways")
            self.assertEqual(self.browser.run(SMALL), [], f"{what} at {width}: too small to hit")
        self.browser.run(AXE.read_text())
        found = self.browser.run_async(
            "axe.run({runOnly: arguments[0]}).then(r => arguments[1](r.violations.map("
            "v => v.id + ': ' + v.help + '\\n  ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join('\\n  '))))", TAGS)
        self.assertEqual(found, [], f"{what}:\n" + "\n".join(found))

    def post(self, fields):
        """Posts fields from a page of the site, without scripts of formmail's."""
        self.browser.open("http://www.customer.example/index.html")
        self.browser.run("""
            const form = document.createElement('form');
            form.method = 'post'; form.action = '/freecgi/FormMail/index.cgi';
            for (const [name, value] of arguments[0]) {
              const field = document.createElement('textarea');
              field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form); form.submit();""", fields)
        wait_until(lambda: self.browser.url.endswith("index.cgi"), 60, "formmail's page")


class Accessibility(PagesTest):
    def form(self, language, values, more=(), every=EVERY_RULE, style=False):
        """Opens a form of the site with every rule, and sends it."""
        fields = [("_profile_", "Contact"), ("_lang_", language), *more]
        fields += [("_css_url_", "/FormMail/Contact/default.css")] if style else []
        label = {"ja": "項目", "en": "Field"}[language]
        fields += [("_label_", f"{name}:{label} {name}:{rules}") for name, rules in every]
        self.post(fields + list(values.items()))

    def test_the_example_site(self):
        for page in sorted(HTDOCS.glob("*.html")):
            with self.subTest(page=page.name):
                self.browser.open(f"http://www.customer.example/{page.name}")
                self.assert_accessible(page.name)

    def pages(self, language, style):
        self.form(language, WRONG, style=style)
        self.assertGreaterEqual(len(self.browser.find_all("td .err_msg")), 10, self.browser.source)
        self.assertEqual(self.browser.find("html").attribute("lang"), language)
        self.assert_accessible(f"the form again, {language}")
        good = {"name": "山田", "email": "a@visitor.example", "comment": "長い行" * 60 + "a" * 300}
        every = [(name, rules) for name, rules in EVERY_RULE if name in good]
        self.form(language, good, more=[("_conf_enable_", "1")], every=every, style=style)
        self.assert_accessible(f"the confirmation page, {language}")
        self.browser.find("form [type=submit]").follow()
        self.assertIn("山田", text_of(wait_for_mail(self.site.maildir)[0]))
        self.assert_accessible(f"the completion page, {language}")
        for _ in range(2):
            self.form(language, good, every=every, style=style)
        self.assertEqual(len(self.browser.find_all(".repeated")), 1)
        self.assert_accessible(f"the completion page of a repeated post, {language}")
        long = {"name": "W" * 400, "wide" * 40: "x"}
        self.form(language, {**long, "email": ""}, more=[("_conf_enable_", "1"), ("_conf_title_", "T" * 150), ("_conf_submit_", "S" * 150)],
                  every=[(name, "max=999") for name in long], style=style)
        self.assert_accessible(f"the confirmation page of long words, {language}")
        self.browser.find("form [name=_edit_]").follow()
        self.assert_accessible(f"the form again with long words, {language}")
        self.form(language, {}, more=[("_profile_", "Nobody")], every=[], style=style)
        self.assert_accessible(f"an error page, {language}")
        self.browser.open("http://www.customer.example/freecgi/FormMail/index.cgi")
        self.assert_accessible(f"the page that a GET shows, {language}")

    def test_the_form_again_with_the_pages_choices(self):
        for page in ("catalog", "order", "contact", "recruit"):
            self.browser.open(f"http://www.customer.example/{page}.html")
            self.browser.run("document.querySelector('form').noValidate = true;"
                             "document.querySelector('form button[type=submit], form input[type=submit]').click()")
            wait_until(lambda: self.browser.url.endswith("index.cgi"), 60, "formmail's page")
            self.assertTrue(self.browser.find_all("#errors a"), page)
            self.assertTrue(self.browser.find_all("table.input select, table.input input[type=checkbox], table.input "
                                                  "input[type=radio], table.input input[type=file]"), page)
            self.assert_accessible(f"the form again of {page}")

    def test_japanese_in_the_built_in_style(self):
        self.pages("ja", style=False)

    def test_english_in_the_built_in_style(self):
        self.pages("en", style=False)

    def test_japanese_in_the_customers_style(self):
        self.pages("ja", style=True)

    def test_english_in_the_customers_style(self):
        self.pages("en", style=True)

    def test_the_summary_of_errors_has_the_focus(self):
        self.form("ja", WRONG)
        self.assertEqual(self.browser.run("return document.activeElement.closest('#errors') !== null"), True)


class Refusals(PagesTest):
    settings = {"limits": {"per_client_per_hour": 1, "max_request_bytes": 20000}}

    def status(self):
        return self.browser.run("return performance.getEntriesByType('navigation')[0].responseStatus")

    def test_pages_that_refuse(self):
        for language in ("ja", "en"):
            form = [("_profile_", "Contact"), ("_lang_", language), ("_label_", "name:Name"), ("name", "x")]
            self.post(form)
            for status, fields in ((429, [*form, ("name", "y")]), (404, [("_profile_", "Nobody")]), (400, form[:1]),
                                   (413, [*form, ("text", "x" * 30000)]), (403, [*form[:2], ("_sealed_", "altered")])):
                self.post(fields)
                self.assertEqual(self.status(), status, self.browser.source)
                self.assert_accessible(f"{status}, {language}")


if __name__ == "__main__":
    main()
