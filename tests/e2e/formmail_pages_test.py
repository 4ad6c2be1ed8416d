"""The pages: the whole vocabulary, all rules, both languages, the hooks for style sheets, templates."""
import html
import html.parser
import io
import re
import zipfile

from harness import *
from harness.readable import parse, text_of
from harness.web_form import *


def title_of(page):
    return html.unescape(re.search(r"<h1 class=\"title\">(.*?)</h1>", page.text, re.S)[1])


class Vocabulary(WebFormTest):
    def test_every_text_of_the_confirmation_page(self):
        page = self.post(("_conf_title_", "確認ページ"), ("_conf_msg_head_", "上の\r\n文"), ("_conf_msg_foot_", "下の文"),
                         ("_conf_submit_", "これで送る"), ("_conf_back_", "直す"), ("_css_url_", "/FormMail/Contact/default.css"),
                         confirm=True)
        self.assertEqual(title_of(page), "確認ページ")
        self.assertIn('<p class="msg_head">上の<br>\n文</p>', page.text)
        self.assertIn('<p class="msg_foot">下の文</p>', page.text)
        self.assertEqual(page.styles, ["/FormMail/Contact/default.css"])
        self.assertIn('<table class="confirm">', page.text)
        self.assertRegex(page.text, r'<p class="submit"><input type="submit"[^>]*value="これで送る">')
        self.assertEqual([b["value"] for b in page.forms[0].buttons], ["これで送る", "直す"])
        self.assertEqual(page.forms[0].action, OWN)

    def test_every_text_of_the_completion_page(self):
        page = self.post(("_comp_title_", "完了"), ("_comp_msg_head_", "上"), ("_comp_msg_foot_", "下"),
                         ("_comp_return_text_", "採用サイトへ戻る"), ("_comp_return_url_", "/index.html"))
        self.assertEqual(title_of(page), "完了")
        self.assertIn('<p class="msg_head">上</p>', page.text)
        self.assertIn('<p class="msg_foot">下</p>', page.text)
        self.assertIn('<p class="return"><a href="/index.html">採用サイトへ戻る</a></p>', page.text)
        self.assertIn('<table class="complete">', page.text)

    def test_only_labelled_fields_in_the_order_of_the_labels(self):
        page = self.post(labels=("b:二番", "a:一番"), a="AAA", b="BBB", hidden="CCC", x="1", y="2")
        self.assertEqual(re.findall(r'<th scope="row">(.*?)</th>', page.text), ["二番", "一番"])
        text = text_of(self.mails()[0].data)
        self.assertLess(text.index("BBB"), text.index("AAA"))
        self.assertNotIn("CCC", page.text + text)

    def test_check_boxes_are_joined(self):
        fields = [("_profile_", "Contact"), ("_label_", "c:趣味"), ("c", "読書"), ("c", "音楽"), ("c", "")]
        self.assertIn("<td>読書、音楽</td>", self.own.post(OWN, fields).text)
        self.assertIn("<td>読書, 音楽</td>", self.own.post(OWN, fields + [("_lang_", "en")]).text)
        self.assertIn("読書、音楽", text_of(self.mails()[0].data))

    def test_a_field_that_repeats_another_is_mailed_once(self):
        labels = ("email:メール:required:email", "again:メール確認:match=email")
        self.assertEqual(self.post(labels=labels, email="a@b.example", again="a@b.examplE").status, 422)
        page = self.post(labels=labels, email="a@b.example", again="a@b.example")
        self.assertEqual(page.status, 200)
        self.assertNotIn("メール確認", page.text)
        self.assertEqual(text_of(self.mails()[0].data).count("a@b.example"), 1)

    def test_a_field_that_repeats_nothing_that_is_mailed_is_mailed_itself(self):
        for labels in (("a:A:match=a",), ("a:A:match=b",), ("a:A:match=b", "b:B:match=a")):
            with self.subTest(labels=labels):
                page = self.post(labels=labels, a="値", b="値")
                self.assertIn("<td>値</td>", page.text)
                self.assertIn("値", text_of(self.mails()[-1].data))

    def test_an_address_with_a_blank_behind_it_is_replied_to(self):
        for value in ("taro@visitor.example ", "taro@visitor.example\u3000", "\ttaro@visitor.example",
                      "\u200btaro@visitor.example", "ta\u00adro@visitor.example\ufeff"):
            self.assertEqual(self.post(labels=("email:E:email",), email=value).status, 200)
            self.assertEqual(parse(self.mails()[-1].data)["Reply-To"], "taro@visitor.example")

    def test_conf_enable_zero_or_missing_mails_at_once(self):
        self.assertIn('class="complete"', self.post(("_conf_enable_", "0")).text)
        self.assertIn('class="complete"', self.post().text)
        self.assertEqual(len(self.mails()), 2)


class Language(WebFormTest):
    def test_the_page_then_the_browser_then_japanese(self):
        for fields, header, language in (([("_lang_", "en")], "ja", "en"), ([("_lang_", "ja")], "en", "ja"), ([], "en", "en"),
                                         ([], "de, en;q=0.5, ja;q=0.3", "en"), ([], "fr", "ja"), ([], "", "ja"),
                                         ([], "ja,en-US;q=0.9", "ja"), ([("_lang_", "xx")], "en-GB", "en"), ([], "EN-gb", "en"),
                                         ([], "en;q=0.05", "en"), ([], "ja;q=0, en;q=0.001", "en"), ([], "ja ; q=0.20,en ; q=0.25", "en"),
                                         ([], "en;q=0", "ja"), ([], "eng, *", "ja"), ([], "en;q=x,ja;q=0.9", "en"), ([], ",;,", "ja")):
            with self.subTest(fields=fields, header=header):
                page = self.post(*fields, headers={"Accept-Language": header}, confirm=True)
                self.assertIn(f'<html lang="{language}">', page.text)
                self.assertIn("送信する" if language == "ja" else 'value="Send"', page.text)
                self.assertIn("charset=utf-8", page.headers["Content-Type"])


    def test_refusals_speak_the_pages_language(self):
        def speaks_english(answer, status):
            self.assertEqual(answer.status, status)
            self.assertIn('<html lang="en">', answer.text)
        said = ("_lang_", "en")
        speaks_english(self.own.post(OWN, self.form(said, name=b"\xff\xfe\x81")), 422)
        speaks_english(self.post(said, name=""), 422)
        speaks_english(self.post(said, profile=None), 400)
        speaks_english(self.post(said, labels=()), 400)
        speaks_english(self.post(said, profile="../x"), 404)
        speaks_english(self.post(said, profile="Nobody"), 404)
        speaks_english(self.post(said, headers={"Origin": "https://evil.example"}), 403)
        speaks_english(self.own.post(OWN, [said, ("_profile_", "Contact"), ("_sealed_", "x")]), 403)


class Rules(WebFormTest):
    CASES = (("required", "", "x"), ("email", "x", "x@y.example"), ("tel", "abc", "03-1234-5678"), ("url", "x", "http://x.example"),
             ("number", "x", "12"), ("date", "2026-02-30", "2026-02-28"), ("zip", "1", "100-0001"), ("katakana", "山田", "ヤマダ"),
             ("hiragana", "山田", "やまだ"), ("min=3", "あい", "あいう"), ("max=3", "あいうえ", "あいう"), ("match=other", "b", "a"))

    def test_each_rule_in_both_languages_next_to_its_field(self):
        for language in ("ja", "en"):
            for rule, bad, good in self.CASES:
                with self.subTest(rule=rule, language=language):
                    page = self.post(("_lang_", language), labels=(f"f:項目名:{rule}", "other:B"), f=bad, other="a")
                    self.assertEqual(page.status, 422, page.text)
                    [link] = re.findall(r'<li><a href="#(\w+)">([^<]*項目名[^<]*)</a></li>', page.text)
                    self.assertIn(f'id="{link[0]}"', page.text)
                    self.assertRegex(page.text, rf'id="{link[0]}-error">[^<]*項目名')
                    self.assertIn('aria-invalid="true"', page.text)
                    self.assertEqual(dict(page.forms[0].fields)["f"], bad)
                    self.assertEqual(dict(page.forms[0].fields)["other"], "a")
                    answer = self.own.submit(page, change={"f": good})
                    self.assertEqual(answer.status, 200, answer.text)
                    self.assertIn('class="complete"', answer.text)

    def test_a_field_that_is_left_out_meets_all_rules_but_required(self):
        for rule, _, _ in self.CASES[1:-1]:
            self.assertEqual(self.post(labels=(f"f:F:{rule}", "n:N"), f="", n="x").status, 200)

    def test_blanks_alone_are_nothing(self):
        for blank in (" ", "\u3000", "\u00a0", "\r\n\t"):
            self.assertEqual(self.post(labels=("f:F:required",), f=blank).status, 422)

    def test_the_form_again_shows_all_its_errors_and_keeps_all_its_values(self):
        page = self.post(labels=("a:項目A:required", "b:項目B:required", "c:C", "d:D"), a="", b="", c="値\r\n二行", d="値D")
        self.assertEqual(len(re.findall(r"<li><a href=\"#", page.text)), 2)
        fields = dict(page.forms[0].fields)
        self.assertEqual(fields["c"].replace("\r\n", "\n"), "値\n二行")
        self.assertEqual(fields["d"], "値D")
        self.assertIn("<textarea", page.text)
        self.assertIn("autofocus", page.text)

    def test_file_kinds_by_content(self):
        pdf, png, jpeg = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"
        label = ("f:F:required:file=pdf,png,jpg",)
        for name, content, status in (("a.pdf", pdf, 200), ("A.PDF", pdf, 200), ("a.png", png, 200), ("a.jpeg", jpeg, 200), ("a.JPG", jpeg, 200), ("a.jpeg", png, 422), ("a.pdf", png, 422),
                                      ("a.exe", pdf, 422), ("a.pdf", b"MZ\x90\0", 422), ("pdf", pdf, 422), ("a.pdf.exe", pdf, 422)):
            with self.subTest(name=name, content=content):
                self.assertEqual(self.post(("f", File(name, content)), labels=label, n="").status, status)
        self.assertEqual(self.post(labels=label, f="").status, 422)
        self.assertEqual(self.post(labels=label, f="C:\\a.pdf").status, 422)

    def test_office_files_are_told_from_any_zip(self):
        def zipped(*members):
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in members:
                    archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
            return file.getvalue()

        types = ("[Content_Types].xml", "<Types/>")
        docx = zipped(types, ("_rels/.rels", ""), ("word/document.xml", "x" * 5000))
        xlsx = zipped(("xl/workbook.xml", ""), types)  # in any order
        odt = zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", ""))
        locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(100)
        plain, old = zipped(("setup.exe", "MZ")), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
        cut = docx[:len(docx) - 30]
        label = ("f:F:required:file=docx,xlsx,odt,zip",)
        taken = {"a.docx": docx, "a.xlsx": xlsx, "a.odt": odt, "b.docx": locked, "a.zip": plain, "b.zip": docx}
        refused = [("a.docx", plain), ("a.xlsx", docx), ("a.odt", docx), ("a.docx", odt), ("a.docx", old), ("a.odt", locked),
                   ("a.zip", old), ("a.docx", cut), ("a.docx", b"PK\5\6" + bytes(18)), ("a.docx", b"PK\3\4")]
        for status, files in ((200, taken.items()), (422, refused)):
            for name, content in files:
                with self.subTest(name=name, status=status):
                    self.assertEqual(self.post(("f", File(name, content)), labels=label, n="").status, status)
        sent = {part.get_filename(): part.get_content_type() for mail in self.mails() for part in parse(mail.data).walk()}
        self.assertEqual(sent["a.docx"], "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        self.assertEqual(sent["a.odt"], "application/vnd.oasis.opendocument.text")
        self.assertEqual(sent["a.zip"], "application/zip")


class Elements(html.parser.HTMLParser):
    """The elements of a page: (tag, classes, attributes, the tags and classes around it)."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], []
        self.feed(page.text)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        classes = attributes.get("class", "").split()
        self.found.append((tag, classes, attributes, [name for outer in self.open for name in outer]))
        if tag not in ("meta", "link", "input", "br"):
            self.open.append([tag] + [f"{tag}.{name}" for name in classes])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def all(self, selector, inside=None):
        """inside: selector of an element around it."""
        tag, _, name = selector.partition(".")
        return [attributes for found, classes, attributes, outer in self.found
                if found == tag and (not name or name in classes) and (not inside or inside in outer)]


class Hooks(WebFormTest):
    """What customers' style sheets address, on each kind of page in both languages."""

    def pages(self, *more):
        """name -> page"""
        texts = [(f"_{page}_{part}_", f"{page} {part}") for page in ("conf", "comp") for part in ("msg_head", "msg_foot")]
        texts += [("_comp_return_url_", "/"), ("_honeypot_", "trap"), *more]
        confirm = self.post(*texts, confirm=True)
        sealed = dict(confirm.forms[0].fields)["_sealed_"]
        return {"confirm": confirm, "complete": self.own.submit(confirm), "trapped": self.post(*texts, ("trap", "x"), name="x"),
                "edit": self.own.submit(confirm, "_edit_"), "errors": self.post(*texts, name=""),
                "cross-site": self.post(*texts, headers={"Origin": "https://evil.example"}),
                "altered": self.own.post(OWN, [*more, ("_profile_", "Order"), ("_sealed_", sealed)]),
                "unknown": self.post(*texts, profile="Nobody"), "charset": self.own.post(OWN, self.form(*texts, name=b"\xff\xff")),
                "get": self.own.get(OWN)}

    FORMS_AGAIN = ("edit", "errors", "cross-site", "altered")
    ERRORS = ("unknown", "charset", "get")

    def test_every_page(self):
        for language in ("ja", "en"):
            for css in ("", "/x.css"):
                for name, page in self.pages(("_lang_", language), ("_css_url_", css)).items():
                    with self.subTest(page=name, language=language, css=css):
                        elements = Elements(page)
                        self.assertEqual([a.get("class") for a in elements.all("h1")], ["title"])
                        self.assertEqual(len(elements.all("title", "head")), 1)
                        self.assertEqual([a["lang"] for a in elements.all("html")], ["ja" if name == "get" else language])
                        metas = elements.all("meta", "head")
                        self.assertIn("utf-8", [a.get("charset") for a in metas])
                        self.assertIn("width=device-width", [a.get("content", "").split(",")[0] for a in metas if a.get("name") == "viewport"])
                        own = bool(css) and name not in self.ERRORS
                        self.assertEqual((len(elements.all("style")), page.styles), (0, [css]) if own else (1, []))
                        self.assertEqual(elements.all("script"), [])
                        self.assertEqual([a for _, _, a, _ in elements.found if "style" in a or any(key.startswith("on") for key in a)], [])

    def test_the_elements_of_each(self):
        pages = {name: Elements(page) for name, page in self.pages().items()}
        self.assertEqual(len(pages["confirm"].all("th", "table.confirm")), 2)
        self.assertEqual(len(pages["confirm"].all("td", "table.confirm")), 2)
        for name in ("complete", "trapped"):
            self.assertEqual(len(pages[name].all("th", "table.complete")), len(pages[name].all("td", "table.complete")))
            self.assertEqual([a["href"] for a in pages[name].all("a", "p.return")], ["/"])
        for name in ("confirm", "complete", "trapped"):
            self.assertEqual((len(pages[name].all("p.msg_head")), len(pages[name].all("p.msg_foot"))), (1, 1))
        buttons = [(a["type"], a.get("class")) for a in pages["confirm"].all("input", "p.submit")]
        self.assertEqual(buttons, [("submit", None), ("submit", "secondary")])
        for name in self.FORMS_AGAIN:
            with self.subTest(page=name):
                self.assertEqual(len(pages[name].all("th", "table.input")), 2)
                self.assertEqual(len(pages[name].all("td", "table.input")), 2)
                self.assertEqual([a["type"] for a in pages[name].all("input", "p.submit")], ["submit"])
                # Who comes to edit made no mistake.
                mistaken = int(name != "edit")
                self.assertEqual((len(pages[name].all("p.error")), len(pages[name].all("div.err_msg"))), (mistaken, mistaken))
                self.assertEqual(len(pages[name].all("p.msg_head")), 1 - mistaken)
        [link] = pages["errors"].all("a", "div.err_msg")
        [broken] = [a for a in pages["errors"].all("input", "table.input") if a.get("aria-invalid")]
        self.assertEqual((link["href"], broken["name"]), ("#" + broken["id"], "name"))
        self.assertEqual([a["id"] for a in pages["errors"].all("span.err_msg", "table.input")], [broken["aria-describedby"]])
        for name in self.ERRORS:
            self.assertEqual(len(pages[name].all("p.error")), 1)


class Templates(WebFormTest):
    def setUp(self):
        super().setUp()
        self.templates = self.folder / "templates"
        (self.templates / "ja").mkdir(parents=True)
        write_site(self.formmail.sites, profiles=PROFILES)
        file = self.formmail.sites / "www.customer.example.toml"
        file.write_text(file.read_text() + f'[pages]\ntemplates = "{self.templates}"\n')

    def check(self):
        done = run([self.formmail.binary, "check-config", self.formmail.config])
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def test_a_site_has_pages_of_its_own(self):
        (self.templates / "ja" / "complete.html").write_text("<h1>{{title}}</h1>{{#rows}}{{label}}={{{value_html}}};{{/rows}}")
        self.assertEqual(self.post(("_comp_title_", "<完>"), name="<b>", text="x").text, "<h1>&lt;完&gt;</h1>お名前=&lt;b&gt;;内容=x;")
        self.assertEqual(self.check()[0], 0)

    def test_texts_of_its_own_stand_before_the_built_in_ones(self):
        (self.templates / "ja" / "messages.txt").write_text("comp_title: わが社の完了\n")
        page = self.post()
        self.assertEqual(title_of(page), "わが社の完了")
        self.assertIn("ありがとう", page.text)

    def test_a_broken_one_is_reported_with_its_line_and_the_built_in_one_is_used(self):
        broken = self.templates / "ja" / "complete.html"
        broken.write_text("<h1>\n{{#rows}}\n</h1>\n")
        page = self.post(("_comp_title_", "完"))
        self.assertEqual((page.status, title_of(page)), (200, "完"))
        self.assertIn(f"{broken}:2:", self.own.errors)
        status, text = self.check()
        self.assertEqual(status, 2)
        self.assertIn(f"{broken}:2:", text)

    def test_whatever_is_wrong_with_one_the_visitor_sees_a_good_page(self):
        file = self.templates / "ja" / "confirm.html"
        good = (ROOT / "templates/pages/ja/confirm.html").read_bytes()
        for content, line, is_used in [(good, None, True), (b"\xef\xbb\xbf" + good, None, True), (b"", "", False), (b" \n", "", False),
                                       (good + "お".encode("cp932"), f":{good.count(10) + 1}:", False), (b"x" * 10_000_000, "", False),
                                       (b"a\n{{title\n" + good, ":2:", False), (b"{{#rows}}\n" + good, ":1:", False),
                                       (good + b"{{/rows}}", f":{good.count(10) + 1}:", False), (b"\n{{titel}}" + good, ":2:", True),
                                       (b"\n\n{{> header}}" + good, ":3:", True), (good.replace(b"sealed", b"seal"), "", True), (None, "", False)]:
            with self.subTest(content=(content or b"folder")[:12], line=line):
                file.unlink(missing_ok=True)
                file.mkdir() if content is None else file.write_bytes(content)
                page = self.post(confirm=True)
                self.assertEqual(page.status, 200)
                self.assertIn("<h1", page.text)
                self.assertNotIn("\ufffd", page.text)
                if not is_used:
                    self.assertIn('name="_send_"', page.text)
                status, told = self.check()
                self.assertEqual(status, 0 if line is None else 2, told)
                if line is not None:
                    self.assertIn(f"{file}{line}", told)
        file.rmdir()
        for name in ("style.css", "ja/messages.txt"):
            (self.templates / name).write_bytes("あ\n".encode("cp932"))
            self.assertIn("<h1", self.post(confirm=True).text)
            self.assertIn(f"{name}:1: is not UTF-8", self.check()[1])

    def test_a_file_that_stands_in_for_nothing_is_told(self):
        (self.templates / "ja" / "confirmation.html").write_text("x")
        status, text = self.check()
        self.assertEqual(status, 2)
        self.assertIn("confirmation.html", text)

    def test_mistakes_in_the_configuration_are_told_with_file_and_line(self):
        write_site(self.formmail.sites, "www.third.example", ["www.customer.example"])
        (self.formmail.sites / "WWW.Fourth.example.toml").write_text("")
        status, text = self.check()
        self.assertEqual(status, 2)
        self.assertIn("the host www.customer.example is also in", text)
        self.assertIn("WWW.Fourth.example.toml", text)
        self.formmail.config.write_text("[relay]\nserverr = 'x'\n")
        status, text = self.check()
        self.assertEqual(status, 2)
        self.assertIn('formmail.toml:2: ', text)


if __name__ == "__main__":
    main()
