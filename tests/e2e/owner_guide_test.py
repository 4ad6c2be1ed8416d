"""Every form in the owner's guides can be pasted as it is: nothing to mend, and it mails."""
import re

from harness import *
from harness.readable import attachments_of, parse, text_of

PROFILES = {name: {"to": [f"{name.lower()}@customer.example"], "subject": name, "reply_field": reply}
            for name, reply in (("Contact", ""), ("Catalog", ""), ("Recruit", "email"))}
VALUES = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "email": "taro@visitor.example", "email2": "taro@visitor.example",
          "comment": "こんにちは。", "zip": "100-0001", "address": "東京都千代田区", "tel": "03-1234-5678", "day": "2026-12-01"}


def guide_forms(language):
    text = (ROOT / "doc" / language / "guide.md").read_text()
    return [block for block in re.findall(r"^```html\n(.*?)^```$", text, re.M | re.S) if "<form" in block]


class Guide(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.htdocs = self.folder / "htdocs"
        self.htdocs.mkdir()
        self.formmail = FormMail(self.folder, self.sink.port, self.htdocs, profiles=PROFILES)
        self.tls = make_certificate(self.folder, ["ssl.hoster.example"])

    def pages(self):
        for language in ("ja", "en"):
            forms = guide_forms(language)
            self.assertGreaterEqual(len(forms), 6)
            for number, form in enumerate(forms):
                page = self.htdocs / f"{language}{number}.html"
                page.write_text(f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="UTF-8"><title>t</title></head>\n'
                                f"<body>\n{form}</body></html>\n")
                yield page, form

    def test_check_finds_nothing(self):
        for page, form in self.pages():
            done = run([self.formmail.binary, "check", page], env={**self.formmail.environment, "LC_ALL": "C.UTF-8"})
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertTrue(done.stdout.endswith(b"\nNo mistakes.\n"), done.stdout.decode() + form)
            self.assertIn(b"When it is sent, this mail arrives", done.stdout)

    def test_each_is_posted_and_mailed(self):
        web = self.start(Lighttpd(self.folder, self.htdocs, self.formmail, tls=self.tls))
        own = Browser(web.port)
        shared = Browser(web.tls_port, "ssl.hoster.example", tls=True)
        for count, (page, form) in enumerate(list(self.pages()), 1):
            with self.subTest(page=page.name):
                ssl = 'action="/www.customer.example/' in form
                browser, path = (shared, f"/www.customer.example/{page.name}") if ssl else (own, f"/{page.name}")
                opened = browser.get(path)
                filled = opened.forms[0]
                names = {name for name, _ in filled.fields}
                fields = [(name, VALUES.get(name, value)) for name, value in filled.fields]
                self.assertTrue(names & set(VALUES))
                if "catalog" in form:  # check boxes: two of them
                    fields += [("catalog", value) for value in re.findall(r'name="catalog" value="([^"]+)"', form)[:2]]
                if 'type="file"' in form:
                    fields.append(("resume", File("履歴書.pdf", b"%PDF-1.4\nx", "application/pdf")))
                answer = browser.post(filled.action, fields, multipart="multipart" in filled.enctype, page=path)
                if "_conf_enable_" in form:
                    self.assertEqual((answer.status, len(self.sink.accepted)), (200, count - 1), answer.text)
                    answer = browser.submit(answer, "_send_")
                self.assertEqual(answer.status, 200, answer.text)
                self.assertEqual(len(self.sink.accepted), count, answer.text)
                mail = self.sink.accepted[-1]
                profile = re.search(r'name="_profile_" value="(\w+)"', form)[1]
                self.assertEqual(mail.recipients, [f"<{profile.lower()}@customer.example>"])
                text = text_of(mail.data)
                for name in names & set(VALUES) - {"email2"}:
                    self.assertIn(VALUES[name], text)
                if "catalog" in form:
                    first, second = re.findall(r'name="catalog" value="([^"]+)"', form)[:2]
                    self.assertIn(first + (", " if '"en"' in form else "、") + second, text)
                if 'type="file"' in form:
                    self.assertEqual(attachments_of(mail.data), {"履歴書.pdf": b"%PDF-1.4\nx"})
                    self.assertEqual(parse(mail.data)["Reply-To"], VALUES["email"])

    def test_links_within_the_guides_lead_somewhere(self):
        for language in ("ja", "en"):
            text = (ROOT / "doc" / language / "guide.md").read_text()
            headings = {re.sub(r"[()（）、。]", "", heading).strip().lower().replace(" ", "-")
                        for heading in re.findall(r"^#+ (.*)$", text, re.M)}
            self.assertLessEqual(set(re.findall(r"\]\(#([^)]+)\)", text)), headings)

    def test_the_example_site_is_fine_too(self):
        for page in sorted((ROOT / "htdocs-example").glob("*.html")):
            text = page.read_bytes()
            if b"<form" not in text:
                continue
            profile = re.search(rb'name="_profile_" value="(\w+)"', text)[1].decode()
            write_site(self.formmail.sites, document_root=ROOT / "htdocs-example",
                       profiles={profile: {"to": ["a@b.example"]}})
            done = run([self.formmail.binary, "check", page], env={**self.formmail.environment, "LC_ALL": "C.UTF-8"})
            self.assertTrue(done.stdout.endswith(b"\nNo mistakes.\n"), done.stdout.decode())


if __name__ == "__main__":
    main()
