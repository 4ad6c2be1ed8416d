"""`formmail check`: what would be mailed to where, and each mistake with its line."""
import re

from good_pages import GOOD_PAGES
from harness import *
from owner_pages import PATH, SITE, old_pages
from owner_rewrite_test import OwnerTest
from owners_mistakes import MISTAKES

FORM = f'<form method="post" action="{PATH}">'
GOOD = f"""<!DOCTYPE html><meta charset="utf-8">
{FORM}
<input type="hidden" name="_profile_" value="Contact">
<input type="hidden" name="_css_url_" value="/FormMail/Contact/default.css">
<input type="hidden" name="_label_" value="name:お名前:required">
<input type="hidden" name="_label_" value="email:メール:email">
<input type="hidden" name="_conf_enable_" value="1">
<input type="hidden" name="_comp_return_url_" value="../index.html">
<input name="name"><input name="email">
<input type="submit">
</form>
"""


class Check(OwnerTest):
    def check(self, content, *arguments, site=SITE, **options):
        page = self.write(content)
        done = self.formmail("check", page, *(["--site", site] if site else []), *arguments, **options)
        self.shown = done.stdout.decode()
        # page.html:LINE: mistake [KEY]
        found = re.findall(rf"^{re.escape(str(page))}:(\d+): (\S+) \[([a-z-]+)\]$", self.shown, re.M)
        self.assertEqual(done.returncode, 1 if any(kind in ("mistake", "誤り") for _, kind, _ in found) else 0,
                         self.shown + done.stderr.decode())
        self.assertEqual(done.stderr, b"")
        return [(int(line), key) for line, _, key in found]

    def test_a_good_page(self):
        self.assertEqual(self.check(GOOD), [])
        for line in ("Form at line 2 (profile Contact)", "  Field: お名前 (name) required",
                     "    From: formmail@customer.example", "    To: info@customer.example",
                     "    Subject: お問い合わせ", "    Reply-To: sample@example.jp", "    | お名前: Sample Name", "    | ",
                     "  Style sheet: /FormMail/Contact/default.css", "No mistakes."):
            self.assertIn("\n" + line + "\n", self.shown)

    def test_speaks_japanese(self):
        self.assertEqual(self.check(GOOD, language="ja_JP.UTF-8"), [])
        self.assertIn("\n誤りはありません。\n", self.shown)
        self.assertIn("\n    宛先: info@customer.example\n", self.shown)
        self.assertEqual(self.check(GOOD, "--lang", "ja"), [])
        self.assertIn("誤りはありません", self.shown)
        self.assertEqual(self.check(GOOD.replace("name:", "nam:"), "--lang", "ja"),
                         [(5, "label-misspelled"), (9, "field-without-label")])
        self.assertIn("「name」の間違いではありませんか", self.shown)

    def test_sends_nothing_and_leaves_nothing(self):
        before = sorted(self.site.outbox.iterdir())
        sink = self.start(SmtpSink())
        self.site.config.write_text(self.site.config.read_text().replace(":1\"", f":{sink.port}\""))
        temporary = self.folder / "tmp"
        temporary.mkdir()
        page = self.write(GOOD)
        done = run([self.site.binary, "check", page], env={**self.site.environment, "TMPDIR": str(temporary)})
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"Sample Name", done.stdout)
        self.assertEqual((sink.connections, sorted(self.site.outbox.iterdir()), list(temporary.iterdir())),
                         (0, before, []))

    def test_each_mistake(self):
        def with_line(line, text):
            lines = GOOD.split("\n")
            lines[line - 1] = text
            return "\n".join(lines)
        hidden = '<input type="hidden" name="{}" value="{}">'.format
        label = lambda value: hidden("_label_", value)
        for page, expected in [
            (with_line(2, f'<form action="{PATH}">'), [(2, "method-get")]),
            (with_line(2, f'<form method=post action="{PATH}" enctype="text/plain">'), [(2, "enctype-text")]),
            (with_line(2, '<form method="post" action="/cgi-bin/other.cgi">'), [(2, "action-other")]),
            (with_line(2, f'<form method="post" action="http://evil.example{PATH}">'), [(2, "url-refused")]),
            (with_line(2, f'<form method="post" action="{PATH}" accept-charset="iso-8859-1">'),
             [(2, "accept-charset-unknown")]),
            (with_line(3, ""), [(2, "profile-missing")]),
            (with_line(3, hidden("_profile_", "Kontakt")), [(3, "profile-unknown")]),
            (with_line(3, hidden("_profile_", "../x")), [(3, "profile-name")]),
            (with_line(4, hidden("_css_url_", "//evil.example/x.css")), [(4, "url-refused")]),
            (with_line(4, hidden("_css_ulr_", "/x.css")), [(4, "name-misspelled")]),
            (with_line(4, hidden("_background_", "/x.gif")), [(4, "name-unknown")]),
            (with_line(4, hidden("_lang_", "fr")), [(4, "language-unknown")]),
            (with_line(4, hidden("_honeypot_", "url2")), [(4, "honeypot-missing")]),
            (with_line(4, hidden("_conf_enable_", "0")), [(7, "name-twice")]),
            (with_line(8, hidden("_comp_return_url_", "javascript:alert(1)")), [(8, "url-refused")]),
            (with_line(8, hidden("_comp_return_url_", "/www.other.example/")), [(8, "url-refused")]),
            (with_line(5, ""), [(9, "field-without-label")]),
            (with_line(5, label("name:お名前") + label("telephone:電話")), [(5, "label-without-field")]),
            (with_line(5, label("name:お名前") + label("emial:電話")), [(5, "label-misspelled")]),
            (with_line(5, label("name:お名前") + label("name:名前")), [(5, "label-twice")]),
            (with_line(5, label("name:お名前") + label(":名前")), [(5, "label-empty")]),
            (with_line(5, label("name:お名前:requird")), [(5, "rule-misspelled")]),
            (with_line(5, label("name:お名前:xyzzy")), [(5, "rule-unknown")]),
            (with_line(5, label("name:お名前:file")), [(5, "label-file")]),
            (with_line(5, label("name:お名前:match=other")), [(5, "match-unknown")]),
            (with_line(5, label("name:お名前:min=9:max=3")), [(5, "min-over-max")]),
            (with_line(6, "") .replace('<input name="email">', ""), [(3, "reply-field")]),
            (with_line(9, '<input name="name"><input name="email"><input type="password">'),
             [(9, "field-without-name")]),
            (with_line(9, '<input name="name"><input name="email"><input type="file" name="cv">').replace(
                label("name:お名前:required"), label("name:x") + label("cv:履歴書:file=pdf")), [(2, "enctype-missing")]),
            (with_line(9, '</form><input name="name"><form><input name="email">'),
             [(5, "label-without-field"), (6, "label-without-field"), (2, "submit-missing"), (9, "field-outside")]),
            (with_line(9, FORM + '<input name="name"><input name="email">'), [(9, "form-inside")]),
            (with_line(10, ""), [(2, "submit-missing")]),
            (with_line(2, f'<form method=post action="{PATH}" accept-charset="EUC-JP">').replace("メール", "メール😀"),
             [(6, "charset-lacks")]),
            (GOOD.replace('charset="utf-8"', 'charset="utf-9"'), [(1, "charset-unknown")]),
            (GOOD.replace('<meta charset="utf-8">', ""), [(1, "charset-missing")]),
            (GOOD.replace('"utf-8"', '"shift_jis"'), [(5, "charset-wrong")]),
            (b"\xef\xbb\xbf" + GOOD.replace("utf-8", "euc-jp").encode(), [(1, "charset-contradicts-mark")]),
            (GOOD.replace("utf-8", "iso-8859-1").replace("お名前", "x").replace("メール", "x"),
             [(2, "page-charset-unknown")]),
            ("<p>Nothing", [(1, "no-form")]),
            # as people type
            (with_line(5, label("name：お名前：required")), [(5, "label-separator"), (9, "field-without-label")]),
            (with_line(5, label("name,お名前,required")), [(5, "label-separator"), (9, "field-without-label")]),
            (with_line(5, label("name:お名前:必須")), [(5, "rule-misspelled")]),
            (with_line(5, label("name:お名前:ｒｅｑｕｉｒｅｄ")), [(5, "rule-misspelled")]),
            (with_line(5, label("name:お名前:file=image/*")), [(5, "rule-misspelled")]),
            (with_line(5, label("name:お名前 required")), [(5, "rule-without-colon")]),
            (with_line(5, label("name:ご希望 10:30")), []),
            (with_line(5, label("name:お名前:match=name")), [(5, "match-itself")]),
            (with_line(5, '<input type="hidden" id="_label_" value="name:お名前">'), [(5, "name-as-id"), (9, "field-without-label")]),
            (with_line(5, '<input type="text" name="_label_" value="name:お名前">'), [(5, "own-visible")]),
            (with_line(5, '<input type="hidden" name="_label_ value="name:お名前">'), [(5, "quote-missing"), (9, "field-without-label")]),
            (with_line(5, '<input type=“hidden” name=“_label_” value=“name:お名前”>'), [(5, "quotes-wide"), (9, "field-without-label")]),
            (with_line(5, '<input type="hidden" name="_label_" value=“name:お名前”>'), [(5, "quotes-wide"), (9, "field-without-label")]),
            ('<meta charset="utf-8"><form action=“' + PATH + '” method=“post”><input name=“_profile_” value=“Contact”></form>', [(1, "quotes-wide")]),
            (with_line(7, hidden("_conf_enable", "1")), [(7, "name-misspelled")]),
            (with_line(7, hidden("_conf_enable_", "off")), [(7, "confirm-value")]),
            (with_line(7, hidden("recipient", "info@customer.example")), [(7, "other-mailer")]),
            (with_line(7, hidden("catalog", "2026")), []),
            (with_line(9, '<input name="name" disabled><input name="email">'), [(9, "field-disabled")]),
            (with_line(9, '<input name="name" disabled><input name="name"><input name="email">'), []),
            (with_line(9, '<input type="checkbox" name="name"><input name="email">'), [(9, "choice-without-value")]),
            (with_line(9, '<input type="radio" name="name">A<input type="radio" name="name">B<input name="email">'),
             [(9, "choices-without-value")]),
            (with_line(9, '<input type="password" name="name"><input name="email">'), [(9, "field-password")]),
            (with_line(7, hidden("_honeypot_", "hp") + '<input name="hp" value="http://">'), [(7, "honeypot-filled")]),
            (with_line(7, hidden("_honeypot_", "hp") + '<input type="checkbox" name="hp" value="1">'), []),
        ]:
            with self.subTest(expected=expected):
                for language in ("en", "ja"):
                    self.assertEqual(sorted(self.check(page, "--lang", language)), sorted(expected), self.shown)
                    sentences = re.findall(r"^\S+:\d+: .*\n    (.*)$", self.shown, re.M)
                    self.assertEqual(len(sentences), len(expected))
                    for sentence in sentences:
                        self.assertNotIn("{{", sentence)
                        self.assertRegex(sentence, {"en": "[a-z]{3}", "ja": "[ぁ-ん]{2}"}[language])

    def of_a_real_site(self):
        contact = {"to": ["info@customer.example"], "reply_field": "email"}
        write_site(self.site.sites, document_root=self.folder,
                   profiles={"Contact": contact, "Plain": {"to": ["info@customer.example"]}})
        write_site(self.site.sites, "www.other.example", ["www.other.example"], profiles={"Contact": contact})

    def test_what_owners_do(self):
        self.of_a_real_site()
        for name, (page, expected) in MISTAKES.items():
            with self.subTest(page=name):
                self.assertEqual(self.check(page), expected, self.shown)

    def test_no_alarm_for_good_pages(self):
        self.of_a_real_site()
        for name, page in GOOD_PAGES.items():
            with self.subTest(page=name):
                self.assertEqual(self.check(page), [], self.shown)
                self.assertRegex(self.shown, "(?m)^    To: info@customer.example$")
                self.assertNotIn("could not be sent", self.shown)

    def test_where_the_page_stands(self):
        self.of_a_real_site()
        relative = GOOD.replace(f'action="{PATH}"', f'action="{PATH[1:]}"').replace("../index.html", "/index.html")
        self.assertEqual(self.check(relative), [])
        (self.folder / "below").mkdir()
        self.folder /= "below"
        self.assertEqual(self.check(relative), [(2, "action-elsewhere")], self.shown)
        self.assertEqual(self.check(relative.replace(PATH[1:], f"..{PATH}")), [])

    def test_a_page_of_frames(self):
        frames = '<html><head><meta charset="utf-8"></head>\n<frameset cols="20,80"><frame src="form.html"></frameset></html>'
        self.assertEqual(self.check(frames), [(1, "no-form-in-frames")])

    def test_under_shared_ssl(self):
        ssl = GOOD.replace(f'action="{PATH}"', f'action="/{SITE}{PATH}"')
        self.assertEqual(self.check(ssl), [])
        self.assertIn(f"Style sheet: /{SITE}/FormMail/Contact/default.css", self.shown)
        http = 'value="http://www.customer.example/x.css"'
        self.assertEqual(self.check(GOOD.replace('value="/FormMail/Contact/default.css"', http)), [])
        self.assertEqual(self.check(ssl.replace('value="/FormMail/Contact/default.css"', http)), [(4, "style-http")])
        self.assertEqual(self.check(f'{ssl}<link rel=stylesheet href="http://www.customer.example/x.css">'),
                         [(12, "page-style-http")])
        self.assertEqual(self.check(f'<base href="http://www.customer.example/">{ssl}'), [(1, "base-http")])
        self.assertEqual(self.check(GOOD.replace(f'action="{PATH}"', f'action="/www.other.example{PATH}"')),
                         [(2, "url-refused")])

    def test_without_a_site(self):
        page = self.write(GOOD)
        done = run([self.site.binary, "check", page], env={"FORMMAIL_CONFIG": "", "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(b"Where it arrives can't be told", done.stdout)

    def test_old_pages_of_every_kind_are_read(self):
        for old in list(old_pages())[::5]:
            page = self.write(old.page)
            shown = self.formmail("check", page, "--site", SITE).stdout.decode().replace("～", "〜")
            for text in ("Field: 表示ソフト能力、予約の申込み「似」〜宗 (name) required", "(profile Contact)"):
                self.assertIn(text, shown, old.name)
            self.assertNotRegex(shown, r"\[(charset|label|field|name|url)-", old.name)

    def test_a_broken_configuration_is_told_with_its_line(self):
        self.site.config.write_text("[relay]\nserver = 5\n")
        done = self.formmail("check", self.write(GOOD))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"formmail.toml:2: relay.server must be", done.stderr)


if __name__ == "__main__":
    main()
