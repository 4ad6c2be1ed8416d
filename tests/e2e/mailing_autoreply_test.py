"""The automatic reply: to people, in the owner's words, and no weapon."""
import concurrent.futures

from harness import *
from harness.readable import parse, text_of

ACTION = "/freecgi/FormMail/index.cgi"


class AutoReply(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.configure()

    def configure(self, **autoreply):
        self.formmail = FormMail(self.folder, self.sink.port, profiles={
            "Contact": {"to": ["info@customer.example"], "subject": "お問い合わせ", "reply_field": "email"},
            "Contact.autoreply": {"subject": "お問い合わせありがとうございます", **autoreply}})

    def post(self, email="taro@visitor.example", name="太郎", client="192.0.2.1", **fields):
        pairs = [("_profile_", "Contact"), ("_label_", "name:お名前"), ("_label_", "email:メール"), ("_label_", "text:内容"),
                 ("name", name), ("email", email), *fields.items()]
        self.browser = Cgi(self.formmail, client=client)
        answer = self.browser.post(ACTION, pairs)
        self.assertEqual(answer.status, 200, answer.text)

    def replies(self):
        return [message for message in self.sink.accepted if message.mail.startswith("<>")]

    def test_a_reply(self):
        self.post(text="visit http://evil.example/")
        owner, reply = self.sink.accepted
        self.assertEqual(owner.recipients, ["<info@customer.example>"])
        self.assertEqual(reply.recipients, ["<taro@visitor.example>"])
        self.assertTrue(reply.mail.startswith("<>"), reply.mail)
        mail = parse(reply.data)
        self.assertEqual(mail["Auto-Submitted"], "auto-replied")
        self.assertEqual(mail["From"], "formmail@customer.example")
        self.assertEqual(mail["To"], "taro@visitor.example")
        self.assertEqual(mail["Subject"], "お問い合わせありがとうございます")
        self.assertNotIn("Reply-To", mail)
        self.assertNotEqual(mail["Message-ID"], parse(owner.data)["Message-ID"])

    def test_no_word_of_the_visitors(self):
        self.configure(subject="受付 {{name}} {{text}}")
        self.post(name="BUY", text="http://evil.example/", _page_="x")
        reply, = self.replies()
        for part in (text_of(reply.data), str(parse(reply.data)["Subject"])):
            self.assertNotIn("BUY", part)
            self.assertNotIn("evil", part)
        self.assertNotIn("192.0.2.1", text_of(reply.data))

    def test_the_fields_that_the_profile_allows(self):
        template = self.formmail.sites / "autoreply.ja.txt"
        template.write_text("{{name}} 様\n{{text}}受付番号: {{id}}\n{{#fields}}{{label}}:{{gap}}{{value}}\n{{/fields}}")
        self.configure(template="autoreply.ja.txt", fields=["name"])
        self.post(name="太郎", text="secret")
        text = text_of(self.replies()[0].data)
        self.assertTrue(text.startswith("太郎 様\n受付番号: "), text)
        self.assertIn("お名前: 太郎\n", text)
        self.assertNotIn("secret", text)

    def test_no_url_of_the_visitors_even_in_the_fields_that_the_profile_allows(self):
        self.configure(subject="{{name}} 様", fields=["name"])
        pairs = [("_profile_", "Contact"), ("_label_", "name:www.evil.example"), ("_label_", "email:M"),
                 ("name", "今すぐhttp://evil.example/を"), ("email", "taro@visitor.example")]
        self.assertEqual(Cgi(self.formmail).post(ACTION, pairs).status, 200)
        reply, = self.replies()
        self.assertEqual(parse(reply.data)["Subject"], "今すぐ[URL]を 様")
        self.assertIn("[URL]: 今すぐ[URL]を\n", text_of(reply.data))
        self.assertNotIn("evil", text_of(reply.data))
        self.assertIn("今すぐhttp://evil.example/を\n", text_of(self.sink.accepted[0].data))

    def test_so_many_to_one_address(self):
        for spelling in ("taro@visitor.example", "Taro@Visitor.Example", "t.aro+1@visitor.example", "taro@visitor.example",
                         "\"ta.ro+2\"@visitor.example"):
            self.post(spelling, client=f"198.51.100.{len(self.sink.accepted)}")
        self.assertEqual(len(self.sink.accepted), 5 + 3)
        self.assertEqual(len(self.replies()), 3)
        self.assertIn("too many", self.browser.errors)
        self.configure(per_address_per_day=1)
        self.post("jiro@visitor.example")
        self.post("jiro@visitor.example")
        self.assertEqual(len(self.replies()), 4)

    def test_so_many_for_one_client(self):
        self.configure(per_client_per_day=2)
        for number in range(4):
            self.post(f"v{number}@visitor.example", client=f"2001:db8:0:1::{number + 1}")
        self.assertEqual(len(self.replies()), 2)
        self.post("v9@visitor.example", client="2001:db8:0:2::1")
        self.assertEqual(len(self.replies()), 3)

    def test_the_limits_hold_for_many_at_once(self):
        def post_all(numbers, post):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(post, numbers))
        before = len(self.replies())
        post_all(range(12), lambda number: self.post(f"Taro+{number}@visitor.example", client=f"198.51.100.{number}"))
        self.assertEqual(len(self.replies()) - before, 3)
        self.configure(per_client_per_day=2)
        before = len(self.replies())
        post_all(range(12), lambda number: self.post(f"v{number}@visitor.example", client="203.0.113.9"))
        self.assertEqual(len(self.replies()) - before, 2)
        self.assertEqual(len(self.sink.accepted) - len(self.replies()), 24)

    def test_to_nobody_who_is_no_person(self):
        for address in ("postmaster@visitor.example", "MAILER-DAEMON@visitor.example", "no-reply@visitor.example",
                        "abuse@visitor.example", "ml-request@visitor.example", "formmail@customer.example",
                        "INFO@customer.example", "info+1@customer.example", "\"formmail\"@customer.example",
                        "\"Postmaster\"@visitor.example", "v%evil@visitor.example", "v@evil.example,w@evil.example", "", "x"):
            with self.subTest(address=address):
                self.post(address)
                self.assertEqual(self.replies(), [])

    def test_a_relay_that_refuses_the_reply_costs_the_visitor_nothing(self):
        self.sink.on("MAIL", [Reply("250 2.1.0 Ok", times=1), Reply("550 5.7.1 no null sender", times=1)])
        self.post()
        self.assertEqual(len(self.sink.accepted), 1)
        self.assertIn("no null sender", self.browser.errors)
        self.assert_nothing_is_kept()

    def assert_nothing_is_kept(self):
        """Of a reply that nobody will ever get: the owner has the mail, and nobody waits for the other."""
        listed = run([self.formmail.binary, "outbox", "list", "--config", self.formmail.config])
        self.assertEqual((listed.returncode, listed.stdout), (0, b""))

    def test_a_reply_that_is_refused_when_it_is_tried_again_is_dropped(self):
        self.sink.on("RCPT", [Reply("250 2.1.5 Ok", times=1), Reply("451 4.2.1 later", times=1), Reply("550 5.1.1 unknown")])
        self.post()
        queued, = (self.formmail.outbox / "queue").iterdir()
        self.assertTrue(queued.name.endswith("-reply"))
        run([self.formmail.binary, "flush", "--config", self.formmail.config])
        self.assertEqual(self.replies(), [])
        self.assert_nothing_is_kept()

    def test_replies_wait_in_the_outbox_with_their_null_sender(self):
        self.sink.stop()
        self.post()
        self.sink.start()
        done = run([self.formmail.binary, "flush", "--config", self.formmail.config])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(message.mail.split(">")[0] for message in self.sink.accepted),
                         ["<", "<formmail@customer.example"])

    def test_nobody_gets_a_reply_for_a_mail_that_was_refused(self):
        self.sink.on(".", Reply("550 5.7.1 no", times=1))
        browser = Cgi(self.formmail)
        browser.post(ACTION, [("_profile_", "Contact"), ("_label_", "email:メール"), ("email", "taro@visitor.example")])
        self.assertEqual(self.sink.accepted, [])


if __name__ == "__main__":
    main()
