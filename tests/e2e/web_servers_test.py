"""formmail behind the web servers a hoster has, as FastCGI and as CGI, on the own and on the shared-SSL host."""
from harness import *
from harness.example_site import HTDOCS, OWN_HOST, SHARED_HOST
from harness.readable import attachments_of, parse, text_of

OWN = "/freecgi/FormMail/index.cgi"
SHARED = "/www.customer.example" + OWN
CONTACT = [("_profile_", "Contact"), ("_css_url_", "/FormMail/Contact/default.css"),
           ("_label_", "name:お名前:required"), ("_label_", "email:メールアドレス:required"),
           ("_label_", "comment:内容"), ("_comp_title_", "送信しました"), ("_comp_return_url_", "/index.html"),
           ("name", "髙橋 太郎"), ("email", "taro@visitor.example"), ("comment", "一行目\r\n二行目")]
CONFIRM = [("_conf_enable_", "1"), ("_conf_title_", "ご確認")]


class Behind:
    """The same tests for each web server and mode."""
    web_server, mode = None, None

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        tls = make_certificate(self.folder, [SHARED_HOST])
        self.formmail = FormMail(self.folder, self.sink.port, HTDOCS, profiles={
            "Contact": {"to": ["info@customer.example"], "subject": "お問い合わせ", "reply_field": "email"}})
        if self.mode == "fastcgi" and self.web_server is not Lighttpd:
            self.start(self.formmail)
        self.web = self.start(self.web_server(self.folder, HTDOCS, self.formmail, mode=self.mode, tls=tls))
        self.own = Browser(self.web.port, OWN_HOST)
        self.shared = Browser(self.web.tls_port, SHARED_HOST, tls=True)

    def one_mail(self):
        self.assertEqual(len(self.sink.accepted), 1)
        return self.sink.accepted[0]

    def test_a_plain_form_is_mailed(self):
        answer = self.own.post(OWN, CONTACT)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn("送信しました", answer.text)
        self.assertEqual(answer.styles, ["/FormMail/Contact/default.css"])
        message = self.one_mail()
        self.assertEqual(message.recipients, ["<info@customer.example>"])
        self.assertIn("<formmail@customer.example>", message.mail)
        mail = parse(message.data)
        self.assertEqual((mail["Subject"], mail["Reply-To"]), ("お問い合わせ", "taro@visitor.example"))
        self.assertIn("髙橋 太郎", text_of(message.data))

    def test_the_shared_host_rewrites_the_pages_addresses(self):
        answer = self.shared.post(SHARED, CONTACT)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.styles, ["/www.customer.example/FormMail/Contact/default.css"])
        self.assertIn("/www.customer.example/index.html", answer.links)
        self.one_mail()

    def test_confirmation_in_each_charset(self):
        for charset in ("utf-8", "euc-jp", "cp932"):
            with self.subTest(charset=charset):
                fields = [(name, value.replace("髙橋", "高橋")) for name, value in CONTACT + CONFIRM]
                page = self.own.post(OWN, fields, charset=charset)
                self.assertEqual(page.status, 200, page.text)
                self.assertIn("ご確認", page.text)
                self.assertIn("高橋 太郎", page.text)
                self.assertEqual(self.sink.messages, [])

    def test_confirmed_on_either_host(self):
        for browser, path in ((self.own, OWN), (self.shared, SHARED)):
            page = browser.post(path, CONTACT + CONFIRM)
            self.assertEqual([form.action for form in page.forms], [path], page.text)
            done = browser.submit(page)
            self.assertIn("送信しました", done.text)
        self.assertEqual(len(self.sink.accepted), 2)

    def test_an_upload_arrives_as_it_was(self):
        content = bytes(range(256)) * 4000
        fields = CONTACT + [("_label_", "data:添付:file"), ("data", File("見積 書.bin", content))]
        answer = self.own.post(OWN, fields)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(attachments_of(self.one_mail().data), {"見積 書.bin": content})

    def test_an_upload_over_the_limit_is_413(self):
        answer = self.own.post(OWN, CONTACT + [("_label_", "data:添付:file"),
                                               ("data", File("big.bin", b"x" * 10485760))])
        self.assertEqual(answer.status, 413)
        self.assertEqual(self.sink.messages, [])

    def test_missing_fields_are_named(self):
        answer = self.own.post(OWN, [pair for pair in CONTACT if pair[0] not in ("name", "email")])
        self.assertEqual(answer.status, 422)
        self.assertIn("お名前", answer.text)
        self.assertIn("メールアドレス", answer.text)
        self.assertEqual(self.sink.messages, [])

    def test_unknown_profile_site_and_method(self):
        other = [("_profile_", "Other"), *CONTACT[1:]]
        self.assertEqual(self.own.post(OWN, other).status, 404)
        self.assertEqual(Browser(self.web.port, "www.unknown.example").post(OWN, CONTACT).status, 404)
        self.assertEqual(self.shared.post("/www.unknown.example" + OWN, CONTACT).status, 404)
        self.assertEqual(self.own.request("PUT", OWN, b"x").status, 405)

    def test_a_get_tells_what_the_address_is(self):
        answer = self.own.get(OWN)
        self.assertEqual(answer.status, 405, answer.text)
        self.assertEqual(len(answer.text) > 0, True)
        self.assertEqual(self.sink.connections, 0)

    def test_headers_of_every_page(self):
        for fields in (CONTACT, CONTACT + CONFIRM, CONTACT[:4]):
            headers = self.own.post(OWN, fields).headers
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertEqual(headers["Referrer-Policy"], "same-origin")
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["Content-Type"].lower().replace(" ", ""), "text/html;charset=utf-8")

    def test_a_relay_that_is_away_loses_nothing(self):
        self.sink.stop()
        answer = self.own.post(OWN, CONTACT)
        self.assertEqual(answer.status, 200)  # it lies in the outbox
        kept = [file for file in self.formmail.outbox.rglob("*") if file.is_file()]
        self.assertTrue(kept)
        self.sink.start()
        flushed = run([self.formmail.binary, "flush", "--config", self.formmail.config])
        self.assertEqual(flushed.returncode, 0, flushed.stderr)
        self.assertIn("髙橋 太郎", text_of(self.one_mail().data))


class LighttpdFastCgi(Behind, ServerTest):
    web_server, mode = Lighttpd, "fastcgi"


class LighttpdCgi(Behind, ServerTest):
    web_server, mode = Lighttpd, "cgi"


class NginxFastCgi(Behind, ServerTest):
    web_server, mode = Nginx, "fastcgi"


class ApacheFastCgi(Behind, ServerTest):
    web_server, mode = Apache, "fastcgi"


class ApacheCgi(Behind, ServerTest):
    web_server, mode = Apache, "cgi"


class SameBytes(ServerTest):
    def test_cgi_and_fastcgi_answer_the_same(self):
        answers = []
        for mode in ("fastcgi", "cgi"):
            folder = self.folder / mode
            folder.mkdir()
            formmail = FormMail(folder, free_port(), HTDOCS)
            web = self.start(Lighttpd(folder, HTDOCS, formmail, mode=mode))
            browser = Browser(web.port)
            got = [browser.post(OWN, CONTACT[:4]), browser.post(OWN, [("_profile_", "Nobody")]), browser.get(OWN)]
            answers.append([(a.status, [h for h in a.headers.items() if h[0] not in ("Date", "Server")], a.body)
                            for a in got])
        self.assertEqual(answers[0], answers[1])


if __name__ == "__main__":
    main()
