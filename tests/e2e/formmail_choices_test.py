"""The form again offers what the owner's page offers, read from disk where that is safe."""
import os
import re

from harness import *
from harness.readable import text_of
from harness.web_form import *

PAGE = """<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><body><table>
<form method="post" action="/freecgi/FormMail/index.cgi"><input type="hidden" name="_profile_" value="{profile}">
<tr><td><select name="area"><option value="">選んでください</option><option value="13">東京都</option><option>神奈川県 &amp; 〜表</option>
</select><select name="days" multiple><option>月<option>火<option>水</select>
<label><input type="radio" name="sex" value="f"> 女性<!-- 1 --></label><input type="radio" name="sex" value="m" id="m"><label for="m">男性</label>
<tr><td>お茶<input type="checkbox" name="tea" value="煎茶">煎茶<input type="checkbox" name="tea" value="ほうじ茶">ほうじ茶
<textarea name="note">x</textarea><input name="line"><input type="checkbox" name="mixed" value="1"><input name="mixed">
<input type="hidden" name="code" value="A-100"><input type="password" name="pass">
</form></table>"""
FIELDS = ("area", "days", "sex", "tea", "note", "line", "mixed", "name")
LABELS = [f"{field}:項目 {field}" for field in FIELDS[:-1]] + ["name:お名前:required"]


class Choices(WebFormTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "htdocs"
        self.root.mkdir()
        write_site(self.formmail.sites, profiles=PROFILES, document_root=self.root)
        self.write("form.html")

    def write(self, name, profile="Contact", charset="utf-8"):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PAGE.format(profile=profile, charset=charset).encode({"shift_jis": "cp932"}.get(charset, charset)))
        return file

    def again(self, *values, page="http://www.customer.example/form.html", browser=None, path=OWN):
        answer = self.post(*values, labels=LABELS, headers={"Referer": page}, browser=browser, path=path, name="")
        self.assertEqual(answer.status, 422, answer.text + self.own.errors)
        return answer

    def offers(self, answer):
        return '<option value="13">東京都</option>' in answer.text or '<option value="13" selected>東京都</option>' in answer.text

    def test_each_kind_of_control_comes_again_with_what_was_chosen(self):
        page = self.again(("area", "13"), ("days", "月"), ("days", "水"), ("sex", "m"), ("tea", "ほうじ茶"), ("note", ""), ("line", "a"))
        self.assertIn('<option value="13" selected>東京都</option>', page.text)
        self.assertIn('<option value="神奈川県 &amp; 〜表">神奈川県 &amp; 〜表</option>', page.text)
        self.assertIn('<option value="">選んでください</option>', page.text)
        self.assertRegex(page.text, r'<select id="field2" name="days" multiple><option value="月" selected>月</option><option value="火">')
        self.assertIn('<input type="radio" name="sex" value="f"> 女性</label>', page.text)
        self.assertIn('<input type="radio" name="sex" value="m" checked> 男性</label>', page.text)
        self.assertIn('<input type="checkbox" name="tea" value="煎茶"> 煎茶</label>', page.text)
        self.assertIn('<input type="checkbox" name="tea" value="ほうじ茶" checked> ほうじ茶</label>', page.text)
        self.assertRegex(page.text, r'<textarea id="\w+" name="note"')
        self.assertRegex(page.text, r'<input type="text" id="\w+" name="line" value="a"')
        self.own.submit(page, change={"name": "太郎"})
        self.assertRegex(text_of(self.mails()[0].data), r"(?s)area: 13\n.*days: 月、水\n.*sex: m\n.*tea: ほうじ茶\n")

    def test_hidden_fields_stay_fixed_and_passwords_covered(self):
        labels = LABELS + ["code:商品番号:max=5", "pass:パスワード"]
        def again(code):
            answer = self.post(("code", code), ("pass", "secret"), labels=labels, headers={"Referer": "http://www.customer.example/form.html"}, name="")
            self.assertEqual(answer.status, 422)
            return answer
        page = again("A-100")
        self.assertRegex(page.text, r'<th scope="row">商品番号</th>\n<td>A-100<input type="hidden" name="code" value="A-100">')
        self.assertRegex(page.text, r'<input type="password" id="\w+" name="pass" value="secret"')
        self.own.submit(page, change={"name": "太郎"})
        self.assertRegex(text_of(self.mails()[0].data), r"(?s)商品番号: A-100\nパスワード: secret\n")
        # One that breaks a rule must not keep its visitor from sending the form.
        self.assertRegex(again("A-10000").text, r'<input type="text" id="\w+" name="code" value="A-10000"[^>]* aria-invalid="true"')

    def test_lines_keep_their_kind_where_it_can_show_the_value(self):
        kinds = {"day": ("date", "2026-12-01", "明日"), "at": ("time", "10:30", "10時"), "colour": ("color", "#336699", "青"),
                 "month": ("month", "2026-12", "12月"), "week": ("week", "2026-W49", "49"),
                 "when": ("datetime-local", "2026-12-01T10:30", "今")}
        form = '<form action="/freecgi/FormMail/index.cgi"><input type="hidden" name="_profile_" value="Contact">'
        form += "".join(f'<input type="{kind}" name="{name}" autocomplete="off">' for name, (kind, _, _) in kinds.items())
        form += '<input type="range" max="500" name="much"><input type="number" name="count"><input type="email" name="mail"></form>'
        (self.root / "kinds.html").write_text(form)
        labels = [f"{name}:項目" for name in (*kinds, "much", "count", "mail")] + ["name:お名前:required"]
        def again(values):
            return self.post(*values.items(), labels=labels, headers={"Referer": "http://www.customer.example/kinds.html"}, name="")
        page = again({**{name: good for name, (_, good, _) in kinds.items()}, "much": "400", "count": "1.5"})
        for name, (kind, good, _) in kinds.items():
            self.assertRegex(page.text, f'<input type="{kind}" id="\\w+" name="{name}" value="{good}" autocomplete="off">')
        # A browser would show neither of these as they were sent.
        self.assertRegex(page.text, '<input type="text" id="\\w+" name="much" value="400">')
        self.assertRegex(page.text, '<input type="text" id="\\w+" name="count" value="1.5" inputmode="decimal">')
        self.assertRegex(page.text, '<input type="text" id="\\w+" name="mail" value="" inputmode="email">')
        page = again({name: other for name, (_, _, other) in kinds.items()})
        for name, (_, _, other) in kinds.items():
            self.assertRegex(page.text, f'<input type="text" id="\\w+" name="{name}" value="{other}"')
        page = again({})
        self.assertRegex(page.text, '<input type="date" id="\\w+" name="day" value=""')
        self.assertRegex(page.text, '<input type="text" id="\\w+" name="colour" value=""')

    def test_a_missing_choice_is_asked_for_as_one(self):
        labels = ["sex:性別:required", "tea:お茶:required", "area:地域:required", "name:お名前:required"]
        page = self.post(labels=labels, headers={"Referer": "http://www.customer.example/form.html"}, name="")
        for text in ("「性別」を選んでください。", "「お茶」を選んでください。", "「地域」を選んでください。", "「お名前」を入力してください。"):
            self.assertEqual(page.text.count(text), 2, page.text)
        self.assertIn('<span role="radiogroup" id="field1" tabindex="-1" aria-labelledby="field1-label" aria-required="true" '
                      'aria-invalid="true" aria-describedby="field1-error">', page.text)
        self.assertRegex(page.text, r'<span role="group" id="field2"[^>]* aria-describedby="field2-error">')
        self.assertRegex(page.text, r'<input type="checkbox" name="tea" value="煎茶" aria-invalid="true">')

    def test_what_the_page_does_not_offer_is_not_lost(self):
        page = self.again(("area", "昔の県"), ("tea", "煎茶"), ("tea", "抹茶"), ("sex", "f"), ("sex", "m"), ("note", "a\r\nb"), ("mixed", "1"),
                          ("mixed", "other"), ("line", "a"), ("line", "b"))
        self.own.submit(page, change={"name": "太郎"})
        self.assertRegex(text_of(self.mails()[0].data),
                         r"(?s)area: 昔の県\n.*sex: f、m\n.*tea: 煎茶、抹茶\n.*note:\na\nb\n.*line: a、b\n.*mixed: 1、other\n")

    def test_nothing_chosen_stays_nothing(self):
        self.own.submit(self.again(), change={"name": "太郎"})
        self.assertRegex(text_of(self.mails()[0].data), r"(?s)area: *\n.*days: *\n.*sex: *\n.*tea: *\n")

    def test_the_edit_page_and_every_page_after_it(self):
        fields = self.form(("area", "13"), ("_conf_enable_", "1"), labels=LABELS, name="太郎")
        confirm = self.own.post(OWN, fields, headers={"Referer": "http://www.customer.example/form.html"})
        edit = self.own.submit(confirm, "_edit_")
        self.assertIn('<option value="13" selected>', edit.text)
        self.assertTrue(self.offers(self.own.submit(edit, change={"name": ""})))

    def test_pages_in_each_charset_and_on_both_hosts(self):
        for charset in ("euc-jp", "shift_jis", "iso-2022-jp"):
            self.write(f"a/{charset}.html", charset=charset)
            self.assertTrue(self.offers(self.again(page=f"http://customer.example/a/{charset}.html?x=1#y")), charset)
        self.assertTrue(self.offers(self.again(page="https://ssl.hoster.example/www.customer.example/a/euc-jp.html",
                                               browser=self.shared, path=SHARED)))
        self.write("index.html")
        self.write("表 1/index.htm")
        for page in ("", "/", "/%E8%A1%A8%201/"):
            self.assertTrue(self.offers(self.again(page="http://www.customer.example" + page)), page)

    def test_what_is_no_page_of_the_site_is_not_read(self):
        secret = self.folder / "secret"
        secret.mkdir()
        (secret / "form.html").write_bytes((self.root / "form.html").read_bytes())
        (self.root / "link").symlink_to(secret)
        (self.root / "link.html").symlink_to(secret / "form.html")
        (self.root / "self.html").symlink_to("form.html")
        os.mkfifo(self.root / "pipe.html")
        (self.root / "dir.html").mkdir()
        self.write(".hidden/form.html")
        self.write(".form.html")
        self.write("form.php")
        self.write("other.html", profile="Order")
        big = self.write("big.html")
        big.write_bytes(big.read_bytes() + b" " * 600000)
        self.write("wide.html").write_bytes(PAGE.encode("utf-16"))
        self.write("deep.html").write_bytes(b"<table>" * 70000)
        for page in ("link/form.html", "link.html", "self.html", "pipe.html", "dir.html", ".hidden/form.html", ".form.html", "form.php",
                     "other.html", "big.html", "wide.html", "deep.html", "../secret/form.html", "%2e%2e/secret/form.html",
                     "form.html/", "absent/form.html", "form.html%00.html", "a" * 300 + ".html", ""):
            with self.subTest(page=page):
                self.assertFalse(self.offers(self.again(page="http://www.customer.example/" + page)))
        self.assertTrue(self.offers(self.again()))
        self.assertFalse(self.offers(self.again(page="")))

    def test_a_field_of_our_own_pages_cannot_name_another_file(self):
        page = self.again()
        for url in ("file:///etc/passwd", "/../secret/form.html", "http://www.other.example/form.html"):
            answer = self.own.submit(page, change={"_page_": url})
            self.assertIn(answer.status, (422, 403))


if __name__ == "__main__":
    main()
