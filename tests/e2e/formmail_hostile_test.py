"""Inputs that have broken programs like this one: nothing gets in, nothing is lost, nothing crashes."""
import email.utils
import os
import time

from harness import *
from harness.readable import attachments_of, parse, text_of
from harness.web_form import *

INJECTIONS = [b"a\nBcc: x@evil.example", b"a\r\nBcc: x@evil.example", b"a\rBcc: x@evil.example",
              b"a\n\tBcc: x@evil.example", b"a\n", b"\nBcc: x@evil.example", b"a\xc2\x85Bcc: x@evil.example",
              b"a\xe2\x80\xa8Bcc: x@evil.example", b"a\0\nBcc: x@evil.example", b"=?utf-8?Q?a=0ABcc:_x@evil.example?=",
              b'a" <x@evil.example>', b"<x@evil.example>", b"a\r\n\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
              b"a@b.example\nBcc: x@evil.example", b"a@b.example%0ABcc: x@evil.example"]
NO_CHARSET = [b'\x81"><script>alert(1)</script>', b"\xa4'><script>",
              b"a\xc0\x8aBcc: x@evil.example", b"\x81\nBcc: x@evil.example", b"\xe5\nBcc: x@evil.example",
              b"a\x8f\nBcc: x@evil.example", b"\x1b$B$\"\nBcc: \xff"]


class Hostile(WebFormTest):
    def check_mail(self, message):
        """One mail to the owner alone, whose header has no line that came from a value."""
        self.assertEqual(message.recipients, ["<info@customer.example>"])
        self.assertTrue(message.mail.startswith("<formmail@customer.example>"))
        self.assertNotRegex(message.data, rb"[^\r]\n|\r[^\n]")
        mail = parse(message.data)
        self.assertIsNone(mail["Bcc"])
        self.assertEqual(mail["To"], "info@customer.example")
        allowed = {"date", "from", "reply-to", "to", "subject", "message-id", "auto-submitted", "mime-version",
                   "content-type", "content-transfer-encoding"}
        self.assertLessEqual({name.lower() for name in mail.keys()}, allowed)

    def test_header_injection_through_every_value(self):
        for value in INJECTIONS:
            for field in ("name", "email", "text"):
                with self.subTest(value=value, field=field):
                    before = len(self.mails())
                    fields = {"name": b"a", "email": b"v@visitor.example", "text": b"t", field: value}
                    answer = self.post(labels=("name:N", "email:E", "text:T"), **fields)
                    self.assertEqual(answer.status, 200, answer.text)
                    self.assertEqual(len(self.mails()), before + 1)
                    self.check_mail(self.mails()[-1])
                    self.assertNotIn("\n", self.own.errors.strip().replace("\n20", ""))

    def test_header_injection_through_labels_and_file_names(self):
        for value in INJECTIONS:
            with self.subTest(value=value):
                before = len(self.mails())
                pairs = [("_profile_", "Contact"), ("_label_", b"name:" + value), ("_label_", "f:F:file"), ("name", "x"),
                         ("f", File(value.replace(b"\0", b"") or b"x", b"content"))]
                answer = self.own.post(OWN, pairs, multipart=True)
                if answer.status == 400:  # a line break in a part's header damages it
                    self.assertIn(b"\n", value)
                    continue
                self.assertEqual(answer.status, 200, answer.text)
                self.assertEqual(len(self.mails()), before + 1)
                self.check_mail(self.mails()[-1])

    def test_bytes_that_hide_a_line_break_are_refused(self):
        for value in NO_CHARSET:
            with self.subTest(value=value):
                self.assertEqual(self.own.post(OWN, self.form(name=value)).status, 422)
        self.assertEqual(len(self.mails()), 0)

    def test_bodies_that_look_like_smtp_or_mime_arrive_as_they_are(self):
        for value in (".", ".\n.\n", "a\n.\nMAIL FROM:<x@evil.example>\nRCPT TO:<x@evil.example>\nDATA\n.", "From \nFrom x",
                      "--=_boundary\nContent-Type: text/html\n\n<b>", "..\n...", "begin 644 x\nM\nend"):
            with self.subTest(value=value):
                answer = self.post(name="a", text=value.replace("\n", "\r\n"))
                self.assertEqual(answer.status, 200)
                self.assertIn(value, text_of(self.mails()[-1].data))
                self.check_mail(self.mails()[-1])

    def test_addresses_that_are_more_than_one(self):
        for value in ("v@evil.example,ok@site.example", "<v@evil.example>ok@site.example", "v@evil.example ok@site.example",
                      "v(comment)@site.example", "@a,@b:v@site.example", "-oX/tmp/x@", "a" * 500 + "@site.example",
                      "v@[127.0.0.1]", "v@evil.example;ok@site.example", "v@", "@site.example", "v@site..example"):
            with self.subTest(value=value):
                self.assertEqual(self.post(labels=("email:E:email",), email=value).status, 422)
                answer = self.post(labels=("email:E",), email=value)
                self.assertEqual(answer.status, 200)
                self.check_mail(self.mails()[-1])
                self.assertIsNone(parse(self.mails()[-1].data)["Reply-To"])

    def test_addresses_that_look_like_more_and_are_one(self):
        for value in ("v%evil@site.example", "v!evil@site.example", '"v@evil.example"@site.example', '"v, ok"@site.example',
                      "-oX@site.example", "a..b.@docomo.ne.jp"):
            with self.subTest(value=value):
                self.assertEqual(self.post(labels=("email:E:email",), email=value).status, 200)
                self.check_mail(self.mails()[-1])
                local, _, domain = value.rpartition("@")
                [replied] = email.utils.getaddresses([parse(self.mails()[-1].data)["Reply-To"]])
                self.assertEqual(replied[1].replace('"', ""), local.replace('"', "") + "@" + domain)

    def test_markup_is_shown_as_text(self):
        script = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"
        texts = [(f"_{page}_{part}_", script) for page in ("conf", "comp")
                 for part in ("title", "msg_head", "msg_foot", "submit", "back", "return_text")]
        texts += [("_css_url_", "/x.css" + script), ("_comp_return_url_", "/" + script), ("_lang_", script),
                  ("_unknown_", script)]
        labels = ("name:" + script, script.replace(":", "") + ":x:required", "+ADw-script+AD4-:y")
        for confirm in (True, False):
            page = self.post(*texts, labels=labels, confirm=confirm, **{"name": script, script: script})
            self.assertEqual(page.status, 200, page.text)
            self.check_no_markup(page)
        page = self.post(*texts, labels=labels, confirm=True, **{"name": script, script: script})
        self.check_no_markup(self.own.submit(page, "_edit_"))
        self.check_no_markup(self.own.submit(page))
        self.check_no_markup(self.post(*texts, labels=labels + ("z:z:required",), name=script))
        self.check_no_markup(self.post(*texts, profile=script))

    def check_no_markup(self, page):
        for word in ("<script", "<img", "onerror=alert(1)>'\""):
            self.assertNotIn(word, page.text)
        self.assertNotIn("evil", page.headers["Content-Security-Policy"])
        self.assertNotIn("script-src", page.headers["Content-Security-Policy"])

    def test_the_log_has_no_text_of_the_visitors(self):
        self.post(name="geheim\x1b[31m\n2026-01-01T00:00:00 error formmail: forged", text="secret words")
        self.assertIn("submission", self.own.errors)
        for word in ("geheim", "forged", "secret words", "\x1b"):
            self.assertNotIn(word, self.own.errors)
        self.post(("_css_url_", "http://evil.example/\nforged"), profile="Contact")
        self.assertIn("url-refused", self.own.errors)
        self.assertNotIn("forged", self.own.errors)
        self.own.post(OWN, self.form(), headers={"Host": "x\nforged"})
        self.assertNotIn("\nforged", self.own.errors)

    def test_uploads_with_hostile_names(self):
        for name in ("../../etc/passwd", "..\\..\\x", "a\"b", "a;b", "x" * 300 + ".pdf", "CON", ".", "..", "\u202egpj.exe", "表.txt",
                     "a.txt:evil.exe", "a.exe.", "a.exe . .", "a.pdf.exe", "…"):
            with self.subTest(name=name):
                before = len(self.mails())
                answer = self.post(("f", File(name, b"content")), labels=("f:F:file",), name="")
                self.assertEqual(answer.status, 200, answer.text)
                self.assertEqual(len(self.mails()), before + 1)
                [(shown, content)] = attachments_of(self.mails()[-1].data).items()
                self.assertEqual(content, b"content")
                self.assertNotRegex(shown, r"[/\\\x00-\x1f\u202e]")
                self.assertLessEqual(len(shown), 120)
                self.assertNotIn(shown, ("", ".", ".."))
                self.assertNotRegex(shown, r":|[. ]$")

    def test_a_kind_that_is_not_asked_for_comes_in_under_no_name(self):
        labels, pdf, program = ("f:F:file=pdf",), b"%PDF-1.4\n%%EOF", b"MZ\x90\0" + b"\0" * 100
        for name, content, status in (("a.pdf", pdf, 200), ("a.PDF", pdf, 200), ("a.pdf.", pdf, 200), ("a.pdf.exe", pdf, 422),
                                      ("a.exe", program, 422), ("a.pdf", program, 422), ("a.exe\0.pdf", program, 422),
                                      ("a\u202efdp.exe", program, 422), ("a.exe:x.pdf", program, 422), ("a.pdf ", program, 422),
                                      ("a.pdf", b" %PDF-1.4", 422), ("a.pdf", b"<svg onload='alert(1)'/>", 422), ("pdf", pdf, 422)):
            with self.subTest(name=name, content=content[:8]):
                answer = self.post(("f", File(name, content, "application/pdf")), labels=labels, name="")
                self.assertEqual(answer.status, status, answer.text)

    def test_an_empty_upload_is_told_and_none_at_all_passes(self):
        self.assertEqual(self.post(("f", File("a.txt", b"")), labels=("f:F:file",), name="").status, 422)
        self.assertEqual(self.post(("f", File("", b"")), labels=("name:N", "f:F:file"), name="x").status, 200)
        self.assertEqual(attachments_of(self.mails()[-1].data), {})

    def test_bodies_cut_at_every_point_never_mail_half(self):
        body, kind = encode_multipart(self.form(("f", File("a.bin", b"\0" * 200)), labels=("name:N", "f:F:file")))
        for end in list(range(0, len(body) - 2, 97)) + [len(body) - 4, len(body) - 5]:
            with self.subTest(end=end):
                answer = self.own.request("POST", OWN, body[:end], {"Content-Type": kind})
                self.assertEqual(answer.status, 400)
        self.assertEqual(len(self.mails()), 0)

    def test_names_of_a_megabyte_and_deep_patterns_cost_little(self):
        begin = os.times()
        for name in ("n" * 1000000, "a" + "[b]" * 100000):
            self.assertEqual(self.own.post(OWN, self.form() + [(name, "x")]).status, 200)
        for value in ("a@" + "a." * 100000, "a" * 200000 + "@", "(" * 200000, "<" * 100000 + "@" * 100000, "\"" * 200000):
            self.assertEqual(self.post(labels=("email:E:email",), email=value).status, 422)
        end = os.times()  # processor time, whatever else runs
        self.assertLess(end.children_user + end.children_system - begin.children_user - begin.children_system, 20)

    def test_too_many_fields_and_files(self):
        many = self.form(labels=("f:F:file",)) + [(f"f{i}", "x") for i in range(100000)]
        for multipart in (False, True):
            self.assertEqual(self.own.post(OWN, many, multipart=multipart).status, 413)
        self.assertEqual(self.own.post(OWN, self.form(labels=("f:F:file",)) + [("f", File("x", b"y"))] * 1000).status, 413)
        self.assertEqual(len(self.mails()), 0)

    def test_hosts_that_only_look_like_the_site(self):
        for host in ("www.customer.example, evil.example", "www.customer.example:80:80", "www.customer.example@evil.example",
                     "evil.example/www.customer.example", "../sites/www.customer.example", "www.customer.example#", "..", "[::1]",
                     "www.customer.example%00", "x" * 300, "www.customer.example.evil.example"):
            with self.subTest(host=host):
                answer = self.post(browser=Cgi(self.formmail, host))
                self.assertEqual(answer.status, 404)
                self.assertNotIn("evil", answer.text + answer.headers["Content-Security-Policy"])
        for host in ("WWW.Customer.Example", "www.customer.example.", "www.customer.example:8080"):
            self.assertEqual(self.post(browser=Cgi(self.formmail, host), headers={"Origin": ""}).status, 200)

    def test_paths_that_only_look_like_a_customers(self):
        for prefix in ("/www.customer.example/../www.other.example", "/www.customer.example%2f..", "/%77ww.customer.example",
                       "/../www.customer.example", "/./www.customer.example", "/www.customer.example%00", "/www.customer.example;x",
                       "/www.customer.example.toml", "/customer.example", "/www.customer.example.evil", "/WWW.customer.example"):
            with self.subTest(prefix=prefix):
                self.assertEqual(self.post(browser=self.shared, path=prefix + OWN).status, 404)
        self.assertEqual(len(self.mails()), 0)

    def test_what_a_web_server_says_of_itself_changes_nothing(self):
        for env in ({"HTTP_PROXY": "http://evil.example/"}, {"DOCUMENT_ROOT": "/etc"}, {"PATH_INFO": "/../../etc"}, {"TZ": "../../etc"},
                    {"SCRIPT_NAME": "//evil.example/x"}, {"REQUEST_URI": "//evil.example/x"}, {"REQUEST_URI": '"><script>'},
                    {"REQUEST_URI": "http://evil.example/x"}, {"REMOTE_ADDR": "evil.example\n"}, {"PATH_TRANSLATED": "/etc/passwd"},
                    {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-7"}):
            with self.subTest(env=env):
                page = self.post(browser=Cgi(self.formmail, env=env), confirm=True)
                self.assertEqual(page.status, 200)
                self.assertRegex(page.forms[0].action, r"^/[a-zA-Z0-9%]")
                self.check_no_markup(page)

    def test_what_people_really_write_passes(self):
        values = ["0", "髙﨑①㈱〜−", "ｶﾀｶﾅ", "😀👨‍👩‍👧", "a  b", " ", "太郎", "é", "العربية", "\t", "100%", "a+b=c&d"]
        for value in values:
            with self.subTest(value=value):
                answer = self.post(labels=("name:お名前", "email:E:email"), name="x" + value, email="o'brien+x@a.museum")
                self.assertEqual(answer.status, 200, answer.text)
                self.assertIn("x" + value, text_of(self.mails()[-1].data).replace("\u3000", " ") if value != " " else "x ")
        self.assertEqual(self.post(labels=("n:N:required",), n="0").status, 200)
        self.assertIn("0", text_of(self.mails()[-1].data))
        self.assertEqual(self.post(labels=("email:E:email",), email="user@例え.jp").status, 200)
        self.assertEqual(self.post(browser=Cgi(self.formmail, client="2001:db8::1")).status, 200)

    def test_the_same_text_arrives_from_each_charset(self):
        text = "髙橋①㈱ ~ 表示 ソース 能力 予定"
        for charset in ("utf-8", "cp932", "euc_jis_2004"):
            with self.subTest(charset=charset):
                value = text if charset != "euc_jis_2004" else "表示 ソース 能力 予定"
                answer = self.post(charset=charset.replace("euc_jis_2004", "euc-jp"), name=value, text="本文です。")
                self.assertEqual(answer.status, 200)
                self.assertIn(value, text_of(self.mails()[-1].data))


class Slow(WebFormTest):
    def test_a_body_that_comes_slowly_is_waited_for(self):
        import os
        import subprocess
        body = encode_urlencoded(self.form())
        env = {**os.environ, **self.formmail.environment, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
               "HTTP_HOST": "www.customer.example", "REQUEST_URI": OWN, "CONTENT_LENGTH": str(len(body)),
               "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        process = subprocess.Popen([self.formmail.binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=env, bufsize=0)
        for byte in body:
            process.stdin.write(bytes([byte]))
            time.sleep(0.002)
        process.stdin.close()
        self.assertIn(b"Status: 200", process.stdout.read())
        process.stdout.close()
        process.wait()


if __name__ == "__main__":
    main()
