"""formmail's side of SMTP: a connection kept between mails, and servers of every kind at its other end."""
from harness import *
from harness.readable import text_of

ACTION = "/freecgi/FormMail/index.cgi"
DONE = "THANK YOU"
FIELDS = [("_profile_", "Contact"), ("_comp_title_", DONE), ("_label_", "name:お名前"), ("_label_", "cv:履歴書:file"),
          ("name", "太郎")]


class Kept(ServerTest):
    """A process that stays: `formmail serve` behind nginx."""

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = self.start(FormMail(self.folder, self.sink.port, threads=1))
        htdocs = self.folder / "htdocs"
        htdocs.mkdir()
        self.browser = Browser(self.start(Nginx(self.folder, htdocs, self.formmail)).port)

    def post(self):
        answer = self.browser.post(ACTION, FIELDS)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn(DONE, answer.text)

    def queued(self):
        queue = self.formmail.outbox / "queue"
        return list(queue.iterdir()) if queue.exists() else []

    def test_one_connection_for_many_mails(self):
        for _ in range(5):
            self.post()
        self.assertEqual(len(self.sink.accepted), 5)
        self.assertEqual(self.sink.connections, 1)

    def test_a_connection_that_the_server_ended_costs_no_mail(self):
        self.post()
        self.sink.stop()
        self.sink.start()
        self.post()
        self.assertEqual(len(self.sink.accepted), 2)
        self.assertEqual(self.queued(), [])

    def test_a_server_that_ends_the_connection_after_each_mail(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", close=True))
        for _ in range(3):
            self.post()
        self.assertEqual(len(self.sink.accepted), 3)
        self.assertEqual(self.queued(), [])

    def test_421_on_a_kept_connection(self):
        self.post()
        self.sink.on("MAIL", Reply("421 4.4.2 idle too long", close=True, times=1))
        self.post()
        self.assertEqual(len(self.sink.accepted), 2)
        self.assertEqual(self.queued(), [])

    def test_a_refused_mail_spoils_nothing_for_the_next(self):
        for step in ("MAIL", "RCPT", "DATA", "."):
            self.sink.on(step, Reply("550 5.7.1 no", times=1))
            self.browser.post(ACTION, FIELDS)
            self.post()
        self.assertEqual(len(self.sink.accepted), 4)
        self.assertEqual(self.queued(), [])


class Servers(ServerTest):
    def post(self, sink, more=(), **settings):
        formmail = FormMail(self.folder, sink.port, settings=settings or None)
        return Cgi(formmail).post(ACTION, FIELDS + list(more)), formmail

    def test_without_extensions(self):
        for script, extensions in (({}, ()), ({}, ("PIPELINING",)), ({"EHLO": Reply("502 5.5.1 unknown")}, ()),
                                   ({"EHLO": Reply("250-sink\n250-pipelining\n250 size 1000000")}, ())):
            with self.subTest(script=script, extensions=extensions):
                sink = self.start(SmtpSink(script, extensions=extensions))
                answer, _ = self.post(sink)
                self.assertIn(DONE, answer.text)
                self.assertIn("お名前: 太郎", text_of(sink.accepted[0].data))

    def test_a_mail_larger_than_the_server_takes(self):
        sink = self.start(SmtpSink(extensions=("SIZE 100000",)))
        answer, formmail = self.post(sink, [("cv", File("a.pdf", b"%PDF-1.4\n" + b"x" * 200000, "application/pdf"))])
        self.assertNotIn(DONE, answer.text)
        self.assertEqual(len(list((formmail.outbox / "failed").iterdir())), 1)
        self.assertEqual([line for _, line in sink.commands if line.startswith("MAIL")], [])

    def test_pipelined_data_without_a_recipient_ends_in_order(self):
        sink = self.start(SmtpSink({"RCPT": Reply("550 5.1.1 no such user"), "DATA": Reply("354 go ahead")}))
        answer, formmail = self.post(sink)
        self.assertNotIn(DONE, answer.text)
        self.assertEqual(sink.accepted, [])
        self.assertEqual(len(list((formmail.outbox / "failed").iterdir())), 1)

    def test_ipv6(self):
        try:
            sink = self.start(SmtpSink(host="::1"))
        except OSError:
            self.skipTest("no IPv6 on this machine")
        answer, _ = self.post(sink, relay={"server": f"[::1]:{sink.port}"})
        self.assertIn(DONE, answer.text)
        self.assertEqual(len(sink.accepted), 1)

    def test_a_server_that_floods_or_talks_nonsense(self):
        for reply in ("250-" + "x" * 100000, "\n".join(["250-x"] * 20000), "250 \x00", "999 x", "25 x", "\r\r\r"):
            with self.subTest(reply=reply[:20]):
                sink = self.start(SmtpSink({"EHLO": Reply(reply, close=True)}))
                answer, formmail = self.post(sink)
                self.assertIn(DONE, answer.text)
                queued, = (formmail.outbox / "queue").iterdir()
                queued.unlink()

    def test_a_name_instead_of_an_address(self):
        sink = self.start(SmtpSink())
        answer, _ = self.post(sink, relay={"server": f"localhost:{sink.port}"})
        self.assertIn(DONE, answer.text)
        self.assertEqual(len(sink.accepted), 1)

    def test_a_relay_setting_that_is_none(self):
        for server in ("", "relay", "relay:", "relay:0", "relay:99999", "::1:25", "[::1]", "a b:25"):
            with self.subTest(server=server):
                formmail = FormMail(self.folder, 25, settings={"relay": {"server": server}})
                done = run([formmail.binary, "check-config", formmail.config])
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), r"formmail\.toml:\d+: .*HOST:PORT")


if __name__ == "__main__":
    main()
