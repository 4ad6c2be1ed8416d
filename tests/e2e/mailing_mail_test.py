"""What the owner of a form gets: read with Python's email package, which shares nothing with formmail."""
import datetime
import email
import email.policy
import email.utils
import json
import re

from harness import *
from harness.readable import attachments_of, parse, text_of

ACTION = "/freecgi/FormMail/index.cgi"
LABELS = ["name:お名前", "email:メール", "subject:件名", "text:内容", "cv:履歴書:file"]
CONTACT = {"to": ["info@customer.example"], "subject": "お問い合わせ: {{subject}}", "reply_field": "email"}


class Mail(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())

    def formmail(self, **profile):
        return FormMail(self.folder, self.sink.port, profiles={"Contact": {**CONTACT, **profile}})

    def post(self, formmail, fields, charset="utf-8", labels=LABELS):
        pairs = [("_profile_", "Contact")] + [("_label_", label) for label in labels]
        self.browser = Cgi(formmail)
        return self.browser.post(ACTION, pairs + list(fields.items()), charset)

    def sent(self, fields, form_charset="utf-8", labels=LABELS, **profile):
        """The one mail that these fields lead to."""
        before = len(self.sink.accepted)
        answer = self.post(self.formmail(**profile), fields, form_charset, labels)
        self.assertEqual(answer.status, 200, answer.text + self.browser.errors)
        self.assertEqual(len(self.sink.accepted), before + 1, self.browser.errors)
        return self.sink.accepted[-1]

    def check_form(self, message):
        """RFC 5322: line ends, line lengths, every field once, 7-bit."""
        self.assertNotRegex(message.data, rb"[^\r]\n|\r[^\n]")
        self.assertLessEqual(max(map(len, message.data.split(b"\r\n"))), 998)
        head = message.data.split(b"\r\n\r\n")[0]
        self.assertLessEqual(max(map(len, head.split(b"\r\n"))), 78)
        self.assertRegex(head, rb"\A[\t\r\n -~]*\Z")
        # GMime's readers show nothing behind the padding of an encoded word.
        self.assertNotRegex(head, rb"=\?=\r\n =\?")
        names = [name.lower() for name in parse(message.data).keys()]
        self.assertEqual(sorted(names), sorted(set(names)))
        self.assertLessEqual({"date", "from", "to", "subject", "message-id", "mime-version", "auto-submitted"}, set(names))
        self.assertEqual(set(names) - {"date", "from", "to", "subject", "message-id", "mime-version", "auto-submitted",
                                       "cc", "reply-to", "content-type", "content-transfer-encoding"}, set())
        self.assertEqual([part.defects for part in parse(message.data).walk() if part.defects], [])

    def test_headers(self):
        message = self.sent({"name": "太郎", "email": "taro@visitor.example", "subject": "見積", "text": "0"})
        self.check_form(message)
        mail = parse(message.data)
        self.assertEqual(mail["From"], "formmail@customer.example")
        self.assertEqual(mail["To"], "info@customer.example")
        self.assertEqual(mail["Reply-To"], "taro@visitor.example")
        self.assertEqual(mail["Subject"], "お問い合わせ: 見積")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertRegex(mail["Message-ID"], r"^<[^@<> ]+@customer\.example>$")
        sent = email.utils.parsedate_to_datetime(mail["Date"])
        self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()), 60)
        self.assertEqual(message.recipients, ["<info@customer.example>"])
        self.assertTrue(message.mail.startswith("<formmail@customer.example>"), message.mail)

    def test_dates_have_the_zone_that_is_set_else_the_machines(self):
        for zone, machine, offset in (("Asia/Tokyo", "America/New_York", "+0900"), ("", "Asia/Kolkata", "+0530"), ("", "UTC", "+0000")):
            with self.subTest(zone=zone, machine=machine):
                formmail = FormMail(self.folder, self.sink.port, settings={"mails": {"time_zone": zone}},
                                    profiles={"Contact": CONTACT})
                formmail.environment["TZ"] = machine
                self.assertEqual(self.post(formmail, {"name": "a"}).status, 200)
                data = self.sink.accepted[-1].data
                sent = email.utils.parsedate_to_datetime(parse(data)["Date"])
                self.assertEqual(sent.strftime("%z"), offset)
                self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()), 60)
                self.assertIn(f"送信日時: {sent:%Y-%m-%d %H:%M:%S %z}\n", text_of(data))
                listed = run([formmail.binary, "submissions", "list", "--config", formmail.config], env={"TZ": machine})
                self.assertIn(f'time="{sent:%Y-%m-%d %H:%M:%S %z}"', listed.stdout.decode())
        for zone in ("Asia/Tokio", "../../../etc/passwd", "/etc/localtime", "Asia", "JST-9"):
            with self.subTest(zone=zone):
                formmail = FormMail(self.folder, self.sink.port, settings={"mails": {"time_zone": zone}})
                done = run([formmail.binary, "check-config", formmail.config])
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), r"formmail\.toml:\d+: .*time_zone")

    def test_the_senders_name_in_any_script(self):
        for name, charset, expected in (("山田商店", "utf-8", "utf-8"), ("山田商店", "iso-2022-jp", "iso-2022-jp"),
                                        ("髙島①", "iso-2022-jp", "utf-8"), ('Taro "T" Yamada, Inc.', "utf-8", "utf-8"),
                                        ("x\r\nBcc: v@evil.example", "utf-8", "utf-8"), ("見" * 9, "iso-2022-jp", "iso-2022-jp"),
                                        ("a@b.example", "utf-8", "utf-8")):
            with self.subTest(name=name, charset=charset):
                formmail = self.formmail(charset=charset)
                write_site(formmail.sites, profiles={"Contact": {**CONTACT, "charset": charset}}, more={"from_name": name})
                self.assertEqual(self.post(formmail, {"name": "太郎"}).status, 200, self.browser.errors)
                message = self.sink.accepted[-1]
                self.check_form(message)
                sender, = parse(message.data)["From"].addresses
                self.assertEqual((sender.display_name, sender.addr_spec), (" ".join(name.split()), "formmail@customer.example"))
                self.assertEqual(parse(message.data).get_content_charset(), expected)
                self.assertTrue(message.mail.startswith("<formmail@customer.example>"))

    def test_the_text_has_a_line_for_each_label_in_their_order(self):
        text = text_of(self.sent({"text": "一行目\r\n二行目", "name": "太郎", "email": "0", "subject": ""}).data)
        places = [text.index(part) for part in ("お名前: 太郎", "メール: 0", "件名:", "内容:\n一行目\n二行目\n")]
        self.assertEqual(places, sorted(places))
        self.assertIn("通し番号: 1", text)

    def test_what_is_not_there_leaves_no_empty_line(self):
        pairs = [("_profile_", "Contact"), ("_label_", "name:お名前"), ("name", "太郎")]
        Cgi(self.formmail()).post(ACTION, pairs, headers={"Referer": ""})
        text = text_of(self.sink.accepted[-1].data)
        self.assertNotIn("ページ:", text)
        self.assertEqual(text.count("\n\n"), 2, text)

    def test_lines_with_a_sections_tag_alone_are_none(self):
        template = self.folder / "lines.txt"
        template.write_text("{{#fields}}\n{{label}}={{value}}\n  {{/fields}}  \n{{^files}}\nno files\n{{/files}}\n\n"
                            "{{#nothing}}\nnever\n{{/nothing}}\n{{! a comment }}\n{{#id}}inline{{/id}} end")
        text = text_of(self.sent({"name": "太郎", "text": "一\n\n二"}, labels=["name:N", "text:T"], template=str(template)).data)
        self.assertEqual(text.rstrip("\n"), "N=太郎\nT=一\n\n二\nno files\n\ninline end")

    def test_no_value_reaches_a_header_as_a_line_of_its_own(self):
        attacks = [b"%0ABcc: v@evil.example", b"a\nBcc: v@evil.example", b"a\r\nBcc: v@evil.example", b"a\rBcc: v@evil.example",
                   b"a\n\tBcc: v@evil.example", b"a\n", b"a\xc2\x85Bcc: v@evil.example",
                   b"a\xe2\x80\xa8Bcc: v@evil.example", b"=?utf-8?q?a=0ABcc:_v=40evil.example?=",
                   b"a\r\n\r\nBcc: v@evil.example", b"\"", b"<v@evil.example>", b"a\x00Bcc: v@evil.example", b"x" * 3000]
        for attack in attacks:
            for field in ("name", "email", "subject", "text"):
                with self.subTest(attack=attack, field=field):
                    message = self.sent({"name": "a", "email": "taro@visitor.example", field: attack})
                    self.check_form(message)
                    self.assertEqual(message.recipients, ["<info@customer.example>"])
                    mail = parse(message.data)
                    self.assertEqual(mail["To"], "info@customer.example")
                    self.assertNotIn("Bcc", mail)
                    self.assertNotRegex(str(mail["Subject"]), "[\r\n]")

    def test_no_file_name_reaches_a_header_as_a_line_of_its_own(self):
        for name in (b"a%0D%0ABcc: x.pdf", b"a\"b.pdf", b"a\\b.pdf", b"../../etc/passwd", b"\xe2\x80\xa8Bcc: x",
                     b"=?utf-8?q?a=0ABcc:_x?=.pdf", b"x" * 3000 + b".pdf", "\u202efdp.exe".encode()):
            with self.subTest(name=name):
                message = self.sent({"name": "a", "cv": File(name, b"%PDF-1.4\n", "application/pdf")})
                self.assertNotIn("Bcc", parse(message.data))
                part, = parse(message.data).iter_attachments()
                self.assertEqual(part.get_content(), b"%PDF-1.4\n")
                self.assertNotRegex(part.get_filename(), "[\r\n/\u2028\u202e]")
                self.assertEqual(set(name.lower() for name in part.keys()),
                                 {"content-type", "content-disposition", "content-transfer-encoding"})

    def test_the_body_can_hold_anything(self):
        for text in (".", "a\n.\nb", ".\nMAIL FROM:<v@evil.example>", "From me", "--=_boundary\n\n--", "a" * 5000,
                     "太" * 5000, "..", " ", "\t a \t"):
            with self.subTest(text=text[:20]):
                message = self.sent({"name": "a", "text": text})
                self.check_form(message)
                self.assertIn(text, text_of(message.data))
        self.assertEqual(len(self.sink.messages), len(self.sink.accepted))

    def test_only_a_plain_address_becomes_reply_to(self):
        good = {"o'brien+x@a.museum": "o'brien+x@a.museum", "user@例え.jp": "user@xn--r8jz45g.jp",
                "a..b.@docomo.ne.jp": '"a..b."@docomo.ne.jp', "Taro@Visitor.Example": "Taro@Visitor.Example",
                "ｔａｒｏ＿ｙ－１＠ｖｉｓｉｔｏｒ．ｅｘａｍｐｌｅ": "taro_y-1@visitor.example", "ｔａｒｏ@visitor.example": "taro@visitor.example"}
        bad = ["v@evil.example,ok@site.example", "<v@evil.example>ok@site.example", "v@evil.example (x)", "a b@c.example",
               "@a,@b:v@evil.example", "x" * 500 + "@evil.example", "v@evil.example\nBcc: w@evil.example", "v@[192.0.2.1]", "ｖ＠evil.example，ok@site.example",
               "taro", "g:v@evil.example;", "\"v\"<w@evil.example>"]
        for address, expected in good.items():
            with self.subTest(address=address):
                message = self.sent({"name": "a", "email": address})
                self.assertIn(f"\r\nReply-To: {expected}\r\n".encode(), message.data)
                self.assertEqual(len(parse(message.data)["Reply-To"].addresses), 1)
        for address in bad:
            with self.subTest(address=address):
                message = self.sent({"name": "a", "email": address})
                self.assertNotIn("Reply-To", parse(message.data))
                self.assertEqual(message.recipients, ["<info@customer.example>"])

    def test_a_long_subject_in_words_that_every_reader_joins(self):
        for subject in ("見積依頼の件" * 12, "A見積依頼の件" * 12, "é" * 90, "Re: 見積" + "😀" * 60):
            for charset in ("utf-8", "iso-2022-jp"):
                with self.subTest(subject=subject, charset=charset):
                    message = self.sent({"subject": subject}, charset=charset)
                    self.check_form(message)
                    self.assertEqual(parse(message.data)["Subject"], "お問い合わせ: " + subject)

    def test_a_recipient_in_utf_8_costs_the_others_nothing(self):
        profile = {"to": ["info@customer.example", "山田@customer.example"], "cc": ["cc@customer.example"]}
        first, second = self.mails({"name": "a", "email": "taro@visitor.example"}, **profile)
        self.assertNotIn("SMTPUTF8", first.mail)
        self.check_form(first)
        self.assertEqual(first.recipients, ["<info@customer.example>", "<cc@customer.example>"])
        self.assertIn("SMTPUTF8", second.mail)
        self.assertEqual(second.recipients, ["<山田@customer.example>"])
        self.assertEqual(email.message_from_bytes(second.data, policy=email.policy.SMTPUTF8)["To"],
                         "info@customer.example, 山田@customer.example")
        self.sink.extensions = ["8BITMIME"]
        only, = self.mails({"name": "a", "email": "山田@例え.jp"}, **profile)
        self.check_form(only)
        self.assertEqual(only.recipients, ["<info@customer.example>", "<cc@customer.example>"])
        listed, = map(json.loads, self.command("outbox", "list", "--json").stdout.splitlines())
        self.assertEqual((listed["state"], listed["to"]), ("failed", ["山田@customer.example"]))
        self.assertIn("SMTPUTF8", listed["reason"])
        self.sink.extensions.append("SMTPUTF8")
        self.assertEqual(self.command("outbox", "retry", listed["id"]).returncode, 0)
        self.assertEqual(self.sink.accepted[-1].recipients, ["<山田@customer.example>"])
        self.sink.stop()
        self.mails({"name": "a"}, **profile)
        self.sink.start()
        self.assertEqual(self.command("flush").returncode, 0)
        self.assertCountEqual([message.recipients for message in self.sink.accepted[-2:]],
                              [["<info@customer.example>", "<cc@customer.example>"], ["<山田@customer.example>"]])

    def test_only_recipients_in_utf_8(self):
        first, = self.mails({"name": "a"}, to=["山田@customer.example"])
        self.assertEqual(first.recipients, ["<山田@customer.example>"])
        self.sink.extensions = []
        self.assertEqual(self.post(self.formmail(to=["山田@customer.example"]), {"name": "a"}).status, 503)

    def mails(self, fields, **profile):
        """All mails that these fields lead to."""
        before = len(self.sink.accepted)
        used = self.formmail(**profile)
        self.assertEqual(self.post(used, fields).status, 200, self.browser.errors)
        self.command = lambda *arguments: run([used.binary, *arguments, "--config", used.config])
        return self.sink.accepted[before:]

    def test_smtputf8_only_where_it_is_needed_and_offered(self):
        message = self.sent({"name": "a", "email": "taro@visitor.example"})
        self.assertNotIn("SMTPUTF8", message.mail)
        message = self.sent({"name": "a", "email": "山田@例え.jp"})
        self.assertIn("SMTPUTF8", message.mail)
        self.assertEqual(email.message_from_bytes(message.data, policy=email.policy.SMTPUTF8)["Reply-To"],
                         "山田@xn--r8jz45g.jp")
        self.sink.extensions = ["8BITMIME"]
        message = self.sent({"name": "a", "email": "山田@例え.jp"})
        self.assertNotIn("SMTPUTF8", message.mail)
        self.assertNotIn("Reply-To", parse(message.data))
        self.assertIn("山田@例え.jp", text_of(message.data))

    def test_iso_2022_jp_where_the_profile_asks_and_the_text_fits(self):
        profile = {"charset": "iso-2022-jp"}
        message = self.sent({"name": "太郎", "subject": "見積", "text": "表示ソ能\n二行目"}, **profile)
        self.check_form(message)
        part = parse(message.data)
        self.assertEqual(part.get_content_charset(), "iso-2022-jp")
        self.assertIn(b"=?ISO-2022-JP?B?", message.data)
        self.assertEqual(part["Subject"], "お問い合わせ: 見積")
        self.assertIn("表示ソ能\n二行目\n", text_of(message.data))
        for text in ("髙﨑", "①㈱", "ｶﾅ", "〜−", "～－", "😀", "한국어", "é"):
            with self.subTest(text=text):
                message = self.sent({"name": text, "subject": text}, **profile)
                self.assertEqual(parse(message.data).get_content_charset(), "utf-8")
                self.assertIn(f"お名前: {text}\n", text_of(message.data))
                self.assertEqual(parse(message.data)["Subject"], f"お問い合わせ: {text}")

    def test_every_charset_of_a_form_reaches_the_mail_whole(self):
        for charset, text in (("utf-8", "太郎 髙﨑①㈱〜−ｶﾅ😀"), ("cp932", "太郎 髙﨑①㈱～－ｶﾅ表ソ"),
                              ("euc_jp", "太郎ｶﾅ表ソ"), ("iso2022_jp", "太郎表ソ")):
            with self.subTest(charset=charset):
                message = self.sent({"name": text, "subject": text, "email": "", "text": text}, charset)
                self.assertIn(f"お名前: {text}\n", text_of(message.data))
                self.assertEqual(parse(message.data)["Subject"], f"お問い合わせ: {text}")

    def test_files_keep_their_names_in_any_script(self):
        for name in ("履歴書 髙﨑①.pdf", "résumé.pdf", "резюме.pdf", "이력서.pdf", "😀.pdf", "見" * 80 + ".pdf", "a b;c='d'.pdf"):
            with self.subTest(name=name):
                content = b"%PDF-1.4\n" + bytes(range(256)) * 50
                message = self.sent({"name": "a", "cv": File(name, content, "application/pdf")})
                self.check_form(message)
                self.assertEqual(attachments_of(message.data), {name: content})

    def test_several_recipients_html_and_csv(self):
        message = self.sent({"name": "<b>太郎</b>", "subject": "=1+1", "text": "a\nb\"c"},
                            to=["info@customer.example", "b@customer.example"], cc=["c@例え.jp"], html=True, csv=True)
        self.check_form_with_cc(message)
        mail = parse(message.data)
        self.assertEqual(message.recipients, ["<info@customer.example>", "<b@customer.example>", "<c@xn--r8jz45g.jp>"])
        self.assertEqual(mail["Cc"], "c@xn--r8jz45g.jp")
        html = mail.get_body(("html",)).get_content()
        self.assertIn("&lt;b&gt;太郎&lt;/b&gt;", html)
        self.assertNotIn("<b>", html)
        self.assertIn(">a<br>b&quot;c</td>", html)
        self.assertIn("お名前: <b>太郎</b>\n", text_of(message.data))
        name, csv = next(iter(attachments_of(message.data).items()))
        self.assertTrue(name.endswith(".csv"), name)
        self.assertTrue(csv.startswith(b"\xef\xbb\xbf"))
        self.assertIn("\"<b>太郎</b>\",\"\",\"'=1+1\",\"a\nb\"\"c\"", csv.decode("utf-8-sig").replace("\r\n", "\n"))

    def check_form_with_cc(self, message):
        self.assertNotRegex(message.data, rb"[^\r]\n|\r[^\n]")
        self.assertEqual([part.defects for part in parse(message.data).walk() if part.defects], [])

    def test_a_recipient_named_twice_gets_one_mail(self):
        message = self.sent({"name": "a"}, to=["info@customer.example", "Info@Customer.Example"],
                            cc=["info@customer.example", "b@customer.example"])
        self.assertEqual(message.recipients, ["<info@customer.example>", "<b@customer.example>"])

    def test_a_template_of_the_owners(self):
        template = self.folder / "sites" / "mail.txt"
        formmail = self.formmail(template="mail.txt")
        template.write_text("Neue Nachricht von {{#fields}}{{label}}={{value}};{{/fields}}\n")
        self.assertEqual(self.post(formmail, {"name": "<太郎>"}).status, 200)
        self.assertTrue(text_of(self.sink.accepted[-1].data).startswith("Neue Nachricht von お名前=<太郎>;"))
        for number, broken in enumerate((b"{{#fields}} never closed", b"", "件".encode("cp932"), None)):
            template.unlink()
            template.mkdir() if broken is None else template.write_bytes(broken)
            self.assertEqual(self.post(formmail, {"name": f"太郎{number}"}).status, 200)
            self.assertIn(f"お名前: 太郎{number}\n", text_of(self.sink.accepted[-1].data))
            self.assertIn("mail.txt", self.browser.errors)

    def test_the_sites_template_stands_before_the_hosters(self):
        hoster, site = self.folder / "hoster", self.folder / "site"
        for folder in (hoster, site):
            folder.mkdir()
            (folder / "submission.ja.txt").write_text(f"{folder.name}\n")
        formmail = FormMail(self.folder, self.sink.port, settings={"mails": {"templates": str(hoster)}},
                            profiles={"Contact": CONTACT})
        self.assertEqual(self.post(formmail, {"name": "a"}).status, 200)
        self.assertEqual(text_of(self.sink.accepted[-1].data), "hoster\n")
        write_site(formmail.sites, profiles={"Contact": CONTACT, "-": {}})
        file = formmail.sites / "www.customer.example.toml"
        file.write_text(file.read_text().replace("[profile.-]", f'[mails]\ntemplates = "{site}"'))
        self.assertEqual(self.post(formmail, {"name": "a"}).status, 200, self.browser.errors)
        self.assertEqual(text_of(self.sink.accepted[-1].data), "site\n")
        (site / "submission.ja.txt").write_text("a\n{{#fields}}\n")
        (site / "mistyped.txt").write_text("never used\n")
        checked = run([formmail.binary, "check-config", formmail.config])
        self.assertEqual(checked.returncode, 2)
        self.assertIn(f"{site}/submission.ja.txt:2: ".encode(), checked.stderr)
        self.assertIn(b"mistyped.txt: stands in for no template", checked.stderr)

    def test_a_broken_subject_is_told_and_costs_no_mail(self):
        formmail = self.formmail(subject="{{#name}} never closed")
        self.assertEqual(self.post(formmail, {"name": "太郎"}).status, 200)
        self.assertEqual(parse(self.sink.accepted[-1].data)["Subject"], "Contact (www.customer.example)")
        self.assertIn("never closed", self.browser.errors)
        checked = run([formmail.binary, "check-config", formmail.config])
        self.assertEqual(checked.returncode, 2)
        self.assertRegex(checked.stderr, rb"www\.customer\.example\.toml:\d+: profile\.Contact\.subject is a broken template: ")

    def test_a_byte_order_mark_in_a_value_holds_nobody_up(self):
        message = self.sent({"name": "見\ufeff積", "subject": "\ufeff見\ufeff積\ufeff"}, charset="iso-2022-jp")
        self.assertEqual(parse(message.data)["Subject"], "お問い合わせ: 見積")

    def test_serial_numbers_count_up(self):
        for expected in (1, 2, 3):
            self.assertIn(f"通し番号: {expected}\n", text_of(self.sent({"name": "a"}).data))

    def test_message_ids_differ(self):
        ids = {parse(self.sent({"name": "a"}).data)["Message-ID"] for _ in range(5)}
        self.assertEqual(len(ids), 5)


if __name__ == "__main__":
    main()
