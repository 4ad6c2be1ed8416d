"""Every form of the owner's guides, pasted into a page, in a browser: filled in, confirmed, sent, mailed."""
import re

from webdriver import Chromium

from harness import *
from harness.readable import attachments_of, text_of

PROFILES = {name: {"to": [f"{name.lower()}@customer.example"]} for name in ("Contact", "Catalog", "Recruit")}
VALUES = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "email": "taro@visitor.example", "email2": "taro@visitor.example",
          "comment": "髙﨑①〜", "zip": "100-0001", "address": "東京都千代田区", "tel": "03-1234-5678"}
PAGE = '<!DOCTYPE html>\n<html lang="{}"><head><meta charset="UTF-8"><title>t</title></head>\n<body>\n{}</body></html>\n'


class Guide(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.htdocs = self.folder / "htdocs"
        self.htdocs.mkdir()
        self.resume = self.folder / "resume.pdf"
        self.resume.write_bytes(b"%PDF-1.4\nx")
        tls = make_certificate(self.folder, ["www.customer.example", "ssl.hoster.example"])
        formmail = FormMail(self.folder, self.sink.port, self.htdocs, profiles=PROFILES)
        web = self.start(Lighttpd(self.folder, self.htdocs, formmail, tls=tls))
        self.browser = self.start(Chromium(self.folder, {
            "www.customer.example:80": web.port, "ssl.hoster.example:443": web.tls_port}))

    def fill_in(self):
        """All that a visitor sees; the names of these fields."""
        names = []
        for field in self.browser.find_all("input:not([type=hidden]):not([type=submit]), textarea"):
            name, kind = field.attribute("name"), field.attribute("type")
            if field.css("display") == "none" or name == "website":
                continue
            names.append(name)
            if kind == "file":
                field.type(str(self.resume))
            elif kind == "checkbox":
                field.click()
            elif name in self.values:
                field.clear()
                field.type(self.values[name])
        return names

    def use(self, page):
        # A text of its own, as the same twice would be one mail.
        self.values = {**VALUES, "comment": f"{VALUES['comment']} {len(self.sink.accepted)}"}
        self.browser.open(page)
        names = self.fill_in()
        if self.browser.find_all("#answer"):
            self.browser.find("input[type=submit]").click()
            answer = wait_until(lambda: re.search(r"\w{4}-\w{4}-\w{5}|[.。]$", self.browser.text("#answer")), what="an answer")[0]
            self.assertIn(answer, text_of(self.sink.accepted[-1].data))
        else:
            self.browser.find("input[type=submit]").follow()
        if self.browser.find_all("table.confirm"):
            self.browser.find("input[name=_send_]").follow()
        if not self.browser.find_all("#answer"):
            self.assertEqual(len(self.browser.find_all("table.complete")), 1, self.browser.source)
        mail = self.sink.accepted[-1].data
        text = text_of(mail)
        for name in set(names) & set(self.values) - {"email2"}:
            self.assertIn(self.values[name], text)
        self.assertEqual(attachments_of(mail), {"resume.pdf": b"%PDF-1.4\nx"} if "resume" in names else {})

    def use_all(self, language):
        guide = (ROOT / "doc" / language / "guide.md").read_text()
        forms = [block for block in re.findall(r"^```html\n(.*?)^```$", guide, re.M | re.S) if "<form" in block]
        self.assertGreaterEqual(len(forms), 6)
        for number, form in enumerate(forms, 1):
            (self.htdocs / f"{number}.html").write_text(PAGE.format(language, form))
            shared = 'action="/www.customer.example/' in form
            self.use(f"https://ssl.hoster.example/www.customer.example/{number}.html" if shared else
                     f"http://www.customer.example/{number}.html")
            self.assertEqual(len(self.sink.accepted), number)

    def test_the_japanese_forms(self):
        self.use_all("ja")

    def test_the_english_forms(self):
        self.use_all("en")


if __name__ == "__main__":
    main()
